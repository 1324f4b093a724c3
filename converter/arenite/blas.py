"""How many threads numpy's products of matrices take.

The converter's products are many and small: shared out to threads they take longer, several times when other programs use
the processor too, and the last bits of sums would depend on how many processors there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """numpy's products in one thread; as it was before afterwards. For the whole process, TensorFlow's threads apart.

    Also a decorator: ``@one_blas_thread()``.
    """
    with threadpool_limits(1, user_api="blas"):
        yield
