"""POW: a to the power of b, element-wise with numpy's broadcasting; NaN for a broken power of a negative number.

int32: exponents below 0 are refused when the model runs.
"""

from __future__ import annotations

import numpy as np

from .. import cases
from ..cases import Draw
from ..elementwise import binary, broadcast_shape, quietly
from ..graph import Op


def case(draw: Draw, dtype: str) -> Op:
    a, b = (cases.constant(draw, dtype, shape) for shape in cases.broadcast_pair(draw))
    if dtype == "int32":
        a.data, b.data = (np.asarray(v.data) % 10 - low for v, low in ((a, 5), (b, 0)))
    op = Op("pow", [a, b], [])
    return cases.finished(op, broadcast_shape(op), None)


OP = binary("pow", quietly(np.power), case=case)
