"""The typed SSA graph that everything between the front end and the writer works on.

Operators are TFLite's, in lower case (``conv_2d``); attributes are the fields of the operator's options table with their
TFLite names (``stride_w``), enum values as their TFLite names (``"SAME"``, ``"RELU6"``). Activations are NHWC, convolution
filters OHWI, depthwise filters 1HWC, fully-connected weights [out, in]. So a float graph that left the front end can
already be written as a float ``.tflite``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from .elements import limits, numpy_dtype
from .errors import GraphError

#: dtypes with elements, numpy names.
DTYPES = ("float32", "float16", "int4", "int8", "uint8", "int16", "int32", "int64", "uint32", "uint64", "bool")
#: The type of a value that names a resource variable; it has no elements to look at and takes no room.
RESOURCE = "resource"
#: dtypes a value can have.
TYPES = (*DTYPES, RESOURCE)
#: Calls inside calls: the deepest nesting that the runtime takes (interpreter.h).
MAX_CALL_DEPTH = 8


@dataclass(frozen=True)
class Quantization:
    """real = scale * (q - zero_point).

    scale       float32 [1] or [C]; finite, > 0.
    zero_point  int64, same length; in the dtype's range; all zero when per channel.
    axis        dimension that the C scales run along; 0 when per tensor.
    """

    scale: np.ndarray
    zero_point: np.ndarray
    axis: int = 0

    @staticmethod
    def per_tensor(scale: float, zero_point: int) -> Quantization:
        return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))

    @property
    def is_per_channel(self) -> bool:
        return self.scale.size > 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantization):
            return NotImplemented
        return (
            self.axis == other.axis
            and np.array_equal(self.scale, other.scale)
            and np.array_equal(self.zero_point, other.zero_point)
        )

    def __hash__(self) -> int:
        return hash((self.scale.tobytes(), self.zero_point.tobytes(), self.axis))


@dataclass(frozen=True)
class Origin:
    """Where an operator comes from in the user's model, for errors and reports.

    layer  path of layer names, outermost first, ``"backbone/conv1"``; "" when it belongs to no layer.
    cls    class name of the innermost layer, ``"Conv2D"``.
    where  ``"model.py:41"`` in the user's code, or "".
    op     name of the traced TensorFlow operation(s), for the curious.
    """

    layer: str = ""
    cls: str = ""
    where: str = ""
    op: str = ""

    def __str__(self) -> str:
        if not self.layer:
            return f"operation '{self.op}'" if self.op else "the model"
        detail = ", ".join(x for x in (self.cls, self.where) if x)
        return f"layer '{self.layer}'" + (f" ({detail})" if detail else "")


@dataclass(eq=False)
class Value:
    """One tensor: a constant (``data`` is set), a graph input, a variable, or the result of exactly one operator.

    name         unique within the graph; becomes the tensor's name in the file.
    data         numpy array of ``numpy_dtype(dtype)`` and the value's shape, or None. Never mutated: replace the Value.
    is_variable  state: real value 0 at first, kept from one run to the next; an operator that has it as an operand may
                 read and write it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: np.ndarray | None = None
    quant: Quantization | None = None
    is_variable: bool = False

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Bytes in the file and on the device; two int4 share one."""
        if self.dtype == RESOURCE:
            return 0
        return (self.size + 1) // 2 if self.dtype == "int4" else self.size * np.dtype(self.dtype).itemsize

    def __repr__(self) -> str:
        kind = ", const" if self.is_constant else ", variable" if self.is_variable else ""
        return f"Value({self.name!r}, {self.dtype}{list(self.shape)}{kind})"


#: Attribute of an operator with variables: each run starts from zero and leaves them so. Not a field of its options.
STATELESS = "stateless"


@dataclass(eq=False)
class Op:
    """One operator. ``inputs`` may hold None for an optional operand that is absent.

    An attribute that names a subgraph (``then_subgraph_index``) holds the Graph itself; several operators may hold one.
    """

    name: str
    inputs: list[Value | None]
    outputs: list[Value]
    attrs: dict[str, Any] = field(default_factory=dict)
    origin: Origin = Origin()

    @property
    def output(self) -> Value:
        """The only output; GraphError when there are several."""
        if len(self.outputs) != 1:
            raise GraphError(f"{self.name} has {len(self.outputs)} outputs, expected one")
        return self.outputs[0]

    @property
    def callees(self) -> list[Graph]:
        """The subgraphs that it calls, in the order of its attributes."""
        return [value for value in self.attrs.values() if isinstance(value, Graph)]

    @property
    def keeps_state(self) -> bool:
        """Whether it touches a variable, itself or in a subgraph: it depends on earlier runs, or later ones depend on it."""
        return any(
            value is not None and (value.is_variable or value.dtype == RESOURCE)
            for value in (*self.inputs, *self.outputs)
        ) or any(op.keeps_state for graph in self.callees for op in graph.ops)

    def operand(self, index: int) -> Value:
        """Input ``index``, which must be present."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise GraphError(f"{self.name} of {self.origin} lacks operand {index}")
        return value

    def __repr__(self) -> str:
        return f"Op({self.name}, {self.inputs} -> {self.outputs}, {self.attrs})"


@dataclass(eq=False)
class Graph:
    """One subgraph: operators in topological order. That of the model reaches all others through its operators.

    ``inputs`` and ``outputs`` keep the order of the user's model; ``input_names`` and ``output_names`` are the user's
    names for them in the same order (a value can be an output twice). ``trained_weights`` of a graph from the front end: layer
    pattern → dtype of the weights that the model was trained for.
    """

    name: str = "main"
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    input_names: list[str] = field(default_factory=list)
    output_names: list[str] = field(default_factory=list)
    metadata: dict[str, bytes] = field(default_factory=dict)
    trained_weights: dict[str, str] = field(default_factory=dict)

    # --- looking around ---------------------------------------------------------------------------------------------
    def values(self) -> Iterator[Value]:
        """Every value once: inputs first, then operands and results in the order of the operators."""
        groups = [self.inputs, *(part for op in self.ops for part in (op.inputs, op.outputs)), self.outputs]
        found: dict[Value | None, None] = dict.fromkeys(chain.from_iterable(groups))
        return (value for value in found if value is not None)

    def variables(self) -> list[Value]:
        """The state that is kept from one run to the next, in the order of its first readers."""
        return [value for value in self.values() if value.is_variable]

    def subgraphs(self) -> list[Graph]:
        """This graph and all that its operators call, directly or not, once each, in the order of the first calls."""
        found, seen = [self], {id(self)}
        for graph in found:  # grows
            for callee in (callee for op in graph.ops for callee in op.callees):
                if id(callee) not in seen:
                    seen.add(id(callee))
                    found.append(callee)
        return found

    def producers(self) -> dict[Value, Op]:
        """Value → the operator that computes it. Built anew on each call."""
        return {value: op for op in self.ops for value in op.outputs}

    def consumers(self) -> dict[Value, list[Op]]:
        """Value → operators that read it, in order; an operator that reads it twice stands there twice. Built anew."""
        table: dict[Value, list[Op]] = {value: [] for value in self.values()}
        for op in self.ops:
            for value in op.inputs:
                if value is not None:
                    table[value].append(op)
        return table

    # --- changing ---------------------------------------------------------------------------------------------------
    def replace_uses(self, old: Value, new: Value) -> None:
        """Every operator and graph output that reads ``old`` reads ``new`` instead."""
        for op in self.ops:
            op.inputs = [new if value is old else value for value in op.inputs]
        self.outputs = [new if value is old else value for value in self.outputs]

    def remove_dead(self) -> int:
        """Drop operators whose results nobody reads and that keep no state; return how many."""
        live = {id(value) for value in self.outputs}
        kept: list[Op] = []
        for op in reversed(self.ops):
            if any(id(value) in live for value in op.outputs) or op.keeps_state:
                live.update(id(value) for value in op.inputs if value is not None)
                kept.append(op)
        removed = len(self.ops) - len(kept)
        self.ops = kept[::-1]
        return removed

    def unique_name(self, base: str) -> str:
        """``base``, or ``base_1``, ``base_2`` … when it is taken."""
        taken = {value.name for value in self.values()}
        name, n = base, 0
        while name in taken:
            n += 1
            name = f"{base}_{n}"
        return name

    def copy(self) -> Graph:
        """A graph that can be changed without touching this one or those that it calls.

        Constant arrays are shared (they are never mutated).
        """
        return self._copy({})

    def _copy(self, copies: dict[int, Graph]) -> Graph:
        """This graph's copy; ``copies`` by the identity of the original."""
        if id(self) not in copies:
            copies[id(self)] = self._copied(copies)
        return copies[id(self)]

    def _copied(self, copies: dict[int, Graph]) -> Graph:
        table = {value: dataclasses.replace(value) for value in self.values()}
        ops = [
            Op(
                op.name,
                [v and table[v] for v in op.inputs],
                [table[v] for v in op.outputs],
                {name: v._copy(copies) if isinstance(v, Graph) else v for name, v in op.attrs.items()},
                op.origin,
            )
            for op in self.ops
        ]
        return Graph(
            self.name,
            [table[v] for v in self.inputs],
            [table[v] for v in self.outputs],
            ops,
            list(self.input_names),
            list(self.output_names),
            dict(self.metadata),
        )

    # --- invariants -------------------------------------------------------------------------------------------------
    def verify(self) -> None:
        """Raise GraphError unless every invariant of the IR holds, in this graph and those that it calls; none calls itself.

        Names are unique; constants match their shape and dtype and are never written; each value has one producer, which
        stands before every reader; graph inputs and variables have none; outputs are produced, constant, variable or inputs.
        """
        self._call_depth({}, 0)
        names: set[str] = set()
        for graph in self.subgraphs():
            if graph.name in names:
                raise GraphError(f"two subgraphs are called '{graph.name}'")
            names.add(graph.name)
            graph._verify_own()

    def _call_depth(self, known: dict[int, int], level: int) -> int:
        """How deep calls are nested below this graph; ``known`` by the identity of graphs, ``level`` calls above it."""
        if level > MAX_CALL_DEPTH or level + known.get(id(self), 0) > MAX_CALL_DEPTH:
            raise GraphError(
                f"calls are nested more than {MAX_CALL_DEPTH} deep, or circular, at subgraph '{self.name}'"
            )
        if id(self) not in known:
            callees = (callee for op in self.ops for callee in op.callees)
            known[id(self)] = max((1 + callee._call_depth(known, level + 1) for callee in callees), default=0)
        return known[id(self)]

    def _verify_own(self) -> None:
        self._verify_values()
        defined = {id(value) for value in (*self.inputs, *self.variables())}
        for op in self.ops:
            self._verify_op(op, defined)
            defined.update(id(value) for value in op.outputs)
        for value in self.outputs:
            if id(value) not in defined and not value.is_constant:
                raise GraphError(f"output '{value.name}' is never produced")
        if len(self.input_names) != len(self.inputs) or len(self.output_names) != len(self.outputs):
            raise GraphError("input_names and output_names must name every input and output")

    def _verify_values(self) -> None:
        names: set[str] = set()
        for value in self.values():
            if value.name in names:
                raise GraphError(f"two values are called '{value.name}'")
            names.add(value.name)
            if value.dtype not in TYPES:
                raise GraphError(f"value '{value.name}' has unknown dtype {value.dtype}")
            if value.is_variable and (value.is_constant or value in self.inputs):
                what = "a constant" if value.is_constant else "an input"
                raise GraphError(f"variable '{value.name}' is {what} of the graph too")
            if any(d < 0 for d in value.shape):
                raise GraphError(f"value '{value.name}' has an open dimension: {value.shape}")
            if value.data is not None:
                _verify_data(value, value.data)
            elif value.dtype == "int4" and value.size:
                raise GraphError(f"value '{value.name}' is int4 and no constant; only weights are int4")

    @staticmethod
    def _verify_op(op: Op, defined: set[int]) -> None:
        for value in op.inputs:
            if value is not None and not value.is_constant and id(value) not in defined:
                raise GraphError(f"{op.name} of {op.origin} reads '{value.name}' before it is produced")
        for value in op.outputs:
            if value.is_constant:
                raise GraphError(f"{op.name} of {op.origin} writes the constant '{value.name}'")
            if id(value) in defined:
                raise GraphError(f"'{value.name}' is produced twice")


def _verify_data(value: Value, data: np.ndarray) -> None:
    if data.shape != value.shape or data.dtype != numpy_dtype(value.dtype):
        raise GraphError(
            f"constant '{value.name}' is {data.dtype.name}{list(data.shape)}, declared {value.dtype}{list(value.shape)}"
        )
    low, high = limits("int4")
    if value.dtype == "int4" and data.size and (data.min() < low or data.max() > high):
        raise GraphError(f"constant '{value.name}' has elements in [{data.min()}, {data.max()}], which is no int4")
