"""The state of one lowering: TensorFlow tensors on one side, graph values on the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...graph import DTYPES, RESOURCE, Graph, Op, Origin, Value
from ..problems import Problem
from ..program import Node, Program, Tensor
from ..signature import distinct
from .registry import Refusal


@dataclass
class Model:
    """What the lowerings of a model's programs share.

    lower_nodes  lowers all nodes of one of them, and notes problems.
    variables    those that the model changes, handle's id → name and first value.
    used         handle's id → name in the file, of those that a graph names.
    names        of the subgraphs.
    """

    lower_nodes: Callable[[Lowering], None]
    variables: Mapping[int, Tensor]
    problems: list[Problem] = field(default_factory=list)
    used: dict[int, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=lambda: [Graph().name])


class Lowering:
    """Builds ``graph`` from ``program``. Lowering functions read operands, emit operators and bind results."""

    def __init__(self, program: Program, model: Model, name: str = Graph().name) -> None:
        self.program = program
        self.model = model
        self.graph = Graph(name)
        self._resources: dict[int, Value] = {}
        self._values: dict[Tensor, Value] = {}
        self._constants: dict[tuple[Tensor, str], Value] = {}
        self._names: set[str] = set()
        self._poisoned: set[Tensor] = set()
        self._producers: dict[Value, Op] = {}
        self._reads: Counter[Value] = Counter()
        self._readers = program.consumers()
        self._results = [tensor for _, tensor in program.outputs]
        for name, tensor in program.inputs:
            value = Value(self._unique(name), tensor.dtype, self.shape(tensor))
            self._values[tensor] = value
            self.graph.inputs.append(value)
            self.graph.input_names.append(name)

    # --- reading ----------------------------------------------------------------------------------------------------
    def value(self, tensor: Tensor) -> Value:
        """The graph value of an operand, constant or computed."""
        if tensor.data is not None:
            return self.constant(tensor, tensor.data, "")
        if tensor not in self._values:
            raise Refusal(f"its operand '{tensor.name}' is a {tensor.dtype}, which a model at run time cannot hold", "")
        return self._values[tensor]

    def constant(self, tensor: Tensor, data: np.ndarray, form: str) -> Value:
        """A constant computed from ``tensor``; one Value for each tensor and ``form`` (how data was rearranged)."""
        key = (tensor, form)
        if key not in self._constants:
            self._constants[key] = self.new_constant(tensor.name.split(":")[0], data)
        return self._constants[key]

    def new_constant(self, name: str, data: np.ndarray) -> Value:
        """A constant of its own."""
        data = np.asarray(data, order="C")  # ascontiguousarray would make a vector of a scalar
        return Value(self._unique(name), data.dtype.name, data.shape, data)

    def new_variable(self, name: str, shape: Sequence[int]) -> Value:
        """State that is kept from run to run, zero at first."""
        return Value(self._unique(name), "float32", tuple(shape), is_variable=True)

    def data(self, tensor: Tensor, what: str) -> np.ndarray:
        """The array of an operand that must be known now; ``what`` names it in the refusal."""
        if tensor.data is None:
            raise Refusal(
                f"its {what} is computed by the model; it must be a constant", "make it a weight or a literal"
            )
        return tensor.data

    @staticmethod
    def shape(tensor: Tensor) -> tuple[int, ...]:
        """The tensor's closed shape."""
        if tensor.shape is None:
            raise Refusal("the shape of its result depends on the data", "compute the shape before the model")
        return tensor.shape

    def is_read_once(self, tensor: Tensor) -> bool:
        """Whether exactly one node reads it and the model does not return it."""
        return len(self._readers.get(tensor, [])) == 1 and not any(tensor is result for result in self._results)

    def is_only_cast_to(self, tensor: Tensor, dtype: str) -> bool:
        """Whether every reader converts it to ``dtype`` and the model does not return it as it is."""
        casts = all(node.type == "Cast" and node.outputs[0].dtype == dtype for node in self._readers.get(tensor, []))
        return casts and not any(tensor is result for result in self._results)

    def is_read(self, tensor: Tensor) -> bool:
        """Whether a node reads it or the model returns it."""
        return bool(self._readers.get(tensor)) or any(tensor is result for result in self._results)

    def producer(self, value: Value) -> Op | None:
        """The operator that computes ``value``; None for inputs and constants."""
        return self._producers.get(value)

    def has_readers(self, value: Value, emitted: int) -> bool:
        """Whether ``emitted`` operators read ``value`` now and at most the node in hand reads it besides."""
        tensors = [tensor for tensor, bound in self._values.items() if bound is value]
        return self._reads[value] == emitted and all(self.is_read_once(tensor) for tensor in tensors)

    # --- writing ----------------------------------------------------------------------------------------------------
    def emit(
        self,
        name: str,
        inputs: Sequence[Value | None],
        shape: Sequence[int],
        origin: Origin,
        attrs: dict[str, Any] | None = None,
        dtype: str | None = None,
    ) -> Value:
        """Append an operator with one result of ``shape`` and ``dtype`` (its first operand's); return the result."""
        first = next(value for value in inputs if value is not None)
        return self.emit_all(name, inputs, [shape], origin, attrs, dtype or first.dtype)[0]

    def emit_all(
        self,
        name: str,
        inputs: Sequence[Value | None],
        shapes: Sequence[Sequence[int]],
        origin: Origin,
        attrs: dict[str, Any] | None,
        dtype: str | Sequence[str],
    ) -> list[Value]:
        """Append an operator with a result of each of ``shapes`` and of ``dtype``, or one of each; return the results."""
        base = f"{origin.layer}/{name}" if origin.layer else name
        dtypes = [dtype] * len(shapes) if isinstance(dtype, str) else dtype
        results = [
            Value(self._unique(base), kind, tuple(int(d) for d in shape))
            for kind, shape in zip(dtypes, shapes, strict=True)
        ]
        op = Op(name, list(inputs), results, attrs or {}, origin)
        self.graph.ops.append(op)
        self._producers.update(dict.fromkeys(results, op))
        self._reads.update(value for value in inputs if value is not None)
        return list(results)

    def integers(self, what: str, data: Sequence[int] | np.ndarray, origin: Origin) -> Value:
        """An int32 constant operand: ``what`` of the operator at ``origin``, an axis, sizes, paddings ..."""
        return self.new_constant(f"{origin.layer or 'constant'}/{what}", np.array(data, np.int32))

    def reshape(self, value: Value, shape: Sequence[int], origin: Origin) -> Value:
        """``value`` in another shape; itself when it already has it."""
        shape = tuple(int(d) for d in shape)
        if value.shape == shape:
            return value
        target = self.new_constant(f"{origin.layer or 'reshape'}/shape", np.array(shape, np.int32))
        return self.emit("reshape", [value, target], shape, origin, {"new_shape": list(shape)})

    def bind(self, tensor: Tensor, value: Value) -> None:
        """``tensor`` is ``value`` from now on."""
        self._values[tensor] = value

    def subgraph(self, program: Program, name: str) -> Graph:
        """``program`` as a graph of its own."""
        self.model.names.append(distinct([*self.model.names, name])[-1])
        inner = Lowering(program, self.model, self.model.names[-1])
        self.model.lower_nodes(inner)
        return inner.graph if self.model.problems else inner.finish()

    def resource(self, tensor: Tensor, origin: Origin) -> Value:
        """The variable that ``tensor`` is the handle of, as this graph names it."""
        key = id(tensor.handle)
        if key not in self.model.variables:
            raise Refusal("the variable is handed over while the model runs", "use it where it is made")
        if key not in self._resources:
            taken = list(self.model.used.values())
            name = self.model.used.setdefault(key, distinct([*taken, self.model.variables[key].name])[-1])
            handle = Value(self._unique(f"{name}/handle"), RESOURCE, ())
            self.graph.ops.insert(0, Op("var_handle", [], [handle], {"shared_name": name}, origin))
            self._resources[key] = handle
        return self._resources[key]

    def poison(self, node: Node) -> None:
        """Give the results of a refused node stand-ins where they have a shape, so that the rest can be looked at too."""
        for tensor in node.outputs:
            if tensor.dtype in DTYPES and tensor.shape is not None:
                self.bind(tensor, Value(self._unique("refused"), tensor.dtype, tensor.shape))
            else:
                self._poisoned.add(tensor)

    def is_poisoned(self, node: Node) -> bool:
        """Whether it reads what a refused node would have computed: then it is not itself to blame."""
        return any(tensor in self._poisoned for tensor in node.inputs)

    def finish(self) -> Graph:
        """Close the graph: outputs in the user's order, results named as the user names them."""
        for name, tensor in self.program.outputs:
            value = self.value(tensor)
            first_time = not any(value is other for other in self.graph.outputs)
            if first_time and not value.is_constant and not any(value is other for other in self.graph.inputs):
                self._names.discard(value.name)
                value.name = self._unique(name)
            self.graph.outputs.append(value)
            self.graph.output_names.append(name)
        self.graph.remove_dead()
        return self.graph

    def _unique(self, base: str) -> str:
        name, n = base, 0
        while name in self._names:
            n += 1
            name = f"{base}_{n}"
        self._names.add(name)
        return name
