"""What ``Declaration.restated`` writes with: an operator as a sequence of others that compute the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .graph import Op, Value


class Steps:
    """Collects the operators that take the place of ``op``; the last one gets its result.

    unique  a name that is free in the graph, from a wish.
    """

    def __init__(self, op: Op, unique: Callable[[str], str]) -> None:
        self.ops: list[Op] = []
        self._op = op
        self._unique = unique
        self._names: set[str] = set()

    def add(self, name: str, inputs: Sequence[Value], shape: Sequence[int], **attrs: Any) -> Value:
        """A further operator; returns its result, float32 of ``shape``."""
        result = self._value(name, tuple(shape), None)
        self.ops.append(Op(name, list(inputs), [result], attrs, self._op.origin))
        return result

    def number(self, value: float) -> Value:
        """A constant without dimensions."""
        return self.constant(np.array(value, np.float32))

    def constant(self, data: np.ndarray) -> Value:
        return self._value("constant", data.shape, data)

    def finish(self) -> list[Op]:
        """The operators, the last one writing what ``op`` wrote."""
        self.ops[-1].outputs = list(self._op.outputs)
        return self.ops

    def _value(self, what: str, shape: tuple[int, ...], data: np.ndarray | None) -> Value:
        dtype = "float32" if data is None else data.dtype.name
        base = f"{self._op.outputs[0].name}/{what}"
        name = next(n for i in range(99) if (n := self._unique(f"{base}_{i}" if i else base)) not in self._names)
        self._names.add(name)
        return Value(name, dtype, shape, data)
