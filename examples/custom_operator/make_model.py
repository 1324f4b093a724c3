"""A model of two operators: x + x, and PeakHold, which only peak_hold.cc knows. ``python make_model.py model.tflite``."""

import sys
from pathlib import Path

from arenite.flexbuffer import write_map
from arenite.graph import Graph, Op, Quantization, Value
from arenite.writer import write

QUANT = Quantization.per_tensor(0.1, 0)


def model(decay: int) -> bytes:
    """int8 [1, 8] → int8 [1, 8]; ``decay`` in steps a call."""
    x, twice, y = (Value(name, "int8", (1, 8), None, QUANT) for name in ("x", "twice", "y"))
    options = {"custom_code": "PeakHold", "custom_options": write_map({"decay": decay})}
    ops = [Op("add", [x, x], [twice]), Op("custom", [twice], [y], options)]
    return write(Graph("main", [x], [y], ops, ["x"], ["y"]))


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(model(decay=10))
