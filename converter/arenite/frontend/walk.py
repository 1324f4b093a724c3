"""Flatten a traced function: inline calls, resolve variables, fold constants, name layers, make every shape known.

Each operation is replayed into a scratch graph at the fixed shapes of its operands, so that TensorFlow's shape
inference also sees through function bodies and SavedModel signatures that were traced with open dimensions.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ..errors import ModelError
from ..graph import Origin
from . import control_flow, fold
from .composites import Composites
from .fold import constant
from .program import FLOATS, STATE_WRITERS, Node, Program, Tensor
from .spans import LayerSpans
from .where import user_location

CALLS = ("PartitionedCall", "StatefulPartitionedCall")

#: Operations whose first result is their first operand.
ALIASES = (
    "CheckNumerics",
    "EnsureShape",
    "Identity",
    "IdentityN",
    "PreventGradient",
    "Snapshot",
    "StopGradient",
)

#: Operations that compute nothing a model's outputs can see.
EFFECTLESS = ("Assert", "NoOp", "PrintV2")

#: Name of arrays that a function closes over, until a layer is found that uses them.
ANONYMOUS = "constant"

#: Constants with more elements than this cannot decide a shape: the scratch graph gets a placeholder for them.
_MAX_SHAPE_CONSTANT = 1024


class Walker:
    """Builds the nodes of a :class:`Program`.

    variable_names  id of a variable's eager handle → its name, ``"conv1/kernel"``.
    composites      the calls that are not looked into.
    assigned        ids of the handles of variables that the model changes: reading one is a node, not a constant.
    """

    def __init__(
        self,
        spans: LayerSpans,
        variable_names: dict[int, str],
        composites: Composites | None = None,
        assigned: Collection[int] = (),
    ) -> None:
        from tensorflow.python.framework.func_graph import FuncGraph

        self.nodes: list[Node] = []
        self._spans = spans
        self._composites = composites or Composites()
        self.assigned = set(assigned)
        self._variable_names = variable_names
        self._variables: dict[int, Tensor] = {}
        self._kept: set[Tensor] = set()  # final states of layers that keep them by themselves
        self._memo: dict[tuple[Any, ...], list[Tensor]] = {}
        self._library: dict[str, Any] = {}  # functions of an imported graph
        self._bodies: dict[str, Any] = {}
        self._scratch = FuncGraph("shapes")

    def walk(self, graph: Any, feeds: dict[str, Tensor], caller: Origin | None = None) -> dict[str, Tensor]:
        """Process the operations of ``graph`` in order.

        feeds   name of a placeholder of ``graph`` → what it stands for.
        caller  origin of the call that is being inlined; operations that belong to no layer inherit it.
        Returns name → tensor for every result in ``graph``.
        """
        env = dict(feeds)
        owners = self._spans.owners(graph)
        for index, op in enumerate(graph.get_operations()):
            if all(output.name in env for output in op.outputs) and op.outputs:
                _name_capture(env[op.outputs[0].name], owners[index])
                continue
            origin = self._origin(op, owners[index], caller)
            inputs = [env[tensor.name] for tensor in op.inputs]
            results = self._process(graph, op, inputs, origin)
            env.update(zip((output.name for output in op.outputs), results, strict=True))
        return env

    def _origin(self, op: Any, owner: tuple[str, str] | None, caller: Origin | None) -> Origin:
        """The layer that was noted; in a function's body its caller's; without any layers the name scope."""
        scope = "" if self._spans.graphs else op.name.rpartition("/")[0]
        if owner is None and caller is not None and not scope:
            return caller
        path, cls = owner or (scope, "")
        return Origin(path, cls, user_location(op.traceback), op.name)

    def _process(self, graph: Any, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
        if op.type in EFFECTLESS:
            return []
        if op.type == "Const":
            return [self._constant(op, origin)]
        if op.type in ALIASES or _is_float_cast(op):
            return inputs[: len(op.outputs)]
        if op.type in STATE_WRITERS and inputs[0].handle is not None:
            return self._assign(op, inputs, origin)
        if op.type == "ReadVariableOp" and inputs[0].handle is not None:
            return [self._read(op.outputs[0].name, inputs[0], origin)]
        if op.type == "ResourceGather" and inputs[0].handle is not None:
            return self._gather(op, inputs, origin)
        if op.type in CALLS:
            return self._inline(graph, op, inputs, origin)
        if op.type in control_flow.BRANCHES:
            return control_flow.branch(self, graph, op, inputs, origin)
        if op.type in control_flow.LOOPS:
            return control_flow.loop(self, graph, op, inputs, origin)
        if (results := control_flow.list_operation(self, op, inputs, origin)) is not None:
            return results
        if op.type in ("Shape", "Size", "Rank") and inputs[0].shape is not None:
            return [_shape_answer(op, inputs[0].shape)]
        if all(tensor.is_constant for tensor in inputs) and fold.can_fold(op):
            return self._fold(op, inputs, origin)
        return self._node(op, inputs, origin)

    @staticmethod
    def _constant(op: Any, origin: Origin) -> Tensor:
        from tensorflow.python.framework import tensor_util

        if op.outputs[0].dtype.name == "string":
            return Tensor(op.name, "string", tuple(op.outputs[0].shape))
        return constant(_constant_name(op.name, origin), np.asarray(tensor_util.constant_value(op.outputs[0])))

    def _variable(self, resource: Tensor) -> Tensor:
        """The variable's present value: the same Tensor for every read, so that shared weights stay shared."""
        key = id(resource.handle)
        if key not in self._variables:
            import tensorflow as tf

            dtype = resource.handle._handle_data.shape_and_type[0].dtype
            with tf.init_scope():
                value = tf.raw_ops.ReadVariableOp(resource=resource.handle, dtype=tf.as_dtype(dtype)).numpy()
            self._variables[key] = constant(self._variable_names.get(key, "variable"), np.asarray(value))
        return self._variables[key]

    def _read(self, name: str, resource: Tensor, origin: Origin) -> Tensor:
        """What the variable holds: a constant, unless the model changes it."""
        first = self._variable(resource)
        if id(resource.handle) not in self.assigned:
            return first
        result = Tensor(name, first.dtype, first.shape)
        self.nodes.append(Node("ReadVariableOp", [resource], [result], {}, origin))
        return result

    def _assign(self, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
        """An assignment; adding to a variable is reading, adding, assigning."""
        resource, value = inputs[0], inputs[1]
        if value not in self._kept:
            self.assigned.add(id(resource.handle))
        if op.type != "AssignVariableOp":
            old = self._read(f"{op.name}/old", resource, origin)
            added = Tensor(f"{op.name}/new", old.dtype, old.shape)
            kind = "AddV2" if op.type == "AssignAddVariableOp" else "Sub"
            self.nodes.append(Node(kind, [old, value], [added], {}, origin))
            value = added
        self.nodes.append(Node("AssignVariableOp", [resource, value], [], {}, origin))
        return []

    def anew(self) -> Walker:
        """A walker without nodes that knows which variables are no constants."""
        return Walker(self._spans, self._variable_names, self._composites, self.assigned)

    def assigned_variables(self) -> dict[int, Tensor]:
        """First values of the variables that the model changes, by their handles."""
        return {key: value for key, value in self._variables.items() if key in self.assigned}

    def _gather(self, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
        """Rows of a variable, as a GatherV2."""
        table, indices = self._read(f"{op.name}/table", inputs[0], origin), inputs[1]
        assert table.shape is not None
        shape = None if indices.shape is None else (*indices.shape, *table.shape[1:])
        result = Tensor(op.outputs[0].name, table.dtype, shape)
        operands = [table, indices, constant("axis", np.array(0, np.int32))]
        self.nodes.append(Node("GatherV2", operands, [result], {"batch_dims": int(op.get_attr("batch_dims"))}, origin))
        return [result]

    def _inline(self, graph: Any, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
        composite = self._composites.of(op.get_attr("f").name)
        if composite is not None:
            return self._bound(composite.type, inputs, list(op.outputs), op, composite.attrs, origin)
        return self.call(self.body(graph, op.get_attr("f").name), inputs, origin)

    def call(self, body: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
        """The results of a function for ``inputs``; its nodes are added here."""
        feeds = {placeholder.name: tensor for placeholder, tensor in zip(body.inputs, inputs, strict=True)}
        env = self.walk(body, feeds, origin)
        return [env[tensor.name] for tensor in body.outputs]

    def apart(self, body: Any, inputs: list[Tensor], origin: Origin) -> tuple[list[Node], list[Tensor]]:
        """The nodes and results of a function that is not inlined."""
        outside, self.nodes = self.nodes, []
        try:
            results = self.call(body, inputs, origin)
            return self.nodes, results
        finally:
            self.nodes = outside

    def body(self, graph: Any, name: str) -> Any:
        """The FuncGraph of function ``name`` that ``graph`` calls."""
        from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

        body = getattr(graph._get_function(name), "graph", None)
        if body is not None:
            return body
        if not self._library:
            self._library = {f.signature.name: f for f in graph.as_graph_def().library.function}
        if name not in self._bodies:
            self._bodies[name] = function_def_to_graph(self._library[name])
        return self._bodies[name]

    def _fold(self, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
        attrs = _attrs(op, decode=False)
        key = (op.type, repr(attrs), *inputs)
        if key not in self._memo:
            arrays = [tensor.data for tensor in inputs if tensor.data is not None]
            results = fold.run(op.type, arrays, attrs, len(op.outputs))
            keeps_name = inputs and op.type in fold.KEEPS_NAME
            name = inputs[0].name if keeps_name else _constant_name(op.name, origin)
            self._memo[key] = [constant(name, result) for result in results]
        return self._memo[key]

    def _node(self, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
        return self._bound(op.type, inputs, self._replay(op, inputs), op, _attrs(op, decode=True), origin)

    def _bound(
        self, kind: str, inputs: list[Tensor], symbols: list[Any], op: Any, attrs: dict[str, Any], origin: Origin
    ) -> list[Tensor]:
        """The results of a new node for ``op``; ``symbols`` have their shapes."""
        outputs = [
            Tensor(original.name, dtype_name(original.dtype), _known(symbol.shape), symbol=symbol)
            for original, symbol in zip(op.outputs, symbols, strict=True)
        ]
        self.nodes.append(Node(kind, list(inputs), outputs, attrs, origin))
        if attrs.get("stateful"):
            self._kept.update(outputs)
        return outputs

    def _replay(self, op: Any, inputs: list[Tensor]) -> list[Any]:
        """The operation's results in the scratch graph; with the shapes of the trace where it cannot be replayed."""
        if any(attr.type == "func" for attr in op.op_def.attr):
            return list(op.outputs)
        with self._scratch.as_default():
            symbols = [self._symbol(tensor) for tensor in inputs]
            dtypes = [_float32_for(output.dtype) for output in op.outputs]
            attrs = {name: _float_attr(value) for name, value in op.node_def.attr.items() if not name.startswith("_")}
            try:
                replayed = self._scratch.create_op(op.type, symbols, dtypes, attrs=attrs, op_def=op.op_def)
            except ValueError as error:
                raise ModelError(f"operation '{op.name}' cannot take the shapes asked for: {error}") from error
        return list(replayed.outputs)

    def _symbol(self, tensor: Tensor) -> Any:
        import tensorflow as tf

        if tensor.symbol is None or tensor.symbol.graph is not self._scratch:
            if tensor.data is not None and tensor.data.size <= _MAX_SHAPE_CONSTANT:
                tensor.symbol = tf.constant(tensor.data)
            else:
                dtype = tensor.handle.dtype if tensor.handle is not None else tensor.dtype
                tensor.symbol = tf.compat.v1.placeholder(dtype, tensor.shape)
        return tensor.symbol


def _name_capture(tensor: Tensor, owner: tuple[str, str] | None) -> None:
    """An array that the model closes over has no name of its own; it gets the name of the layer that uses it first."""
    if tensor.name == ANONYMOUS and owner is not None:
        tensor.name = f"{owner[0]}/{ANONYMOUS}"


def _constant_name(op_name: str, origin: Origin) -> str:
    """``"bn/batchnorm/mul"``: the layer, then what its last scope calls the constant."""
    if not origin.layer:
        return op_name
    scope = op_name.split("/")[-2:]
    if scope[0].startswith(origin.layer.split("/")[-1]):
        scope = scope[1:]
    return "/".join([origin.layer, *scope])


def dtype_name(dtype: Any) -> str:
    """TensorFlow's dtype as the name used here: every float is float32."""
    return "float32" if dtype.name in FLOATS else str(dtype.name)


def finish(walker: Walker, inputs: list[tuple[str, Tensor]], outputs: list[tuple[str, Tensor]]) -> Program:
    """The walked nodes as a program without dead ones."""
    program = Program(inputs, outputs, walker.nodes, walker.assigned_variables())
    program.remove_dead()
    return program


def _is_float_cast(op: Any) -> bool:
    return op.type == "Cast" and op.inputs[0].dtype.name in FLOATS and op.outputs[0].dtype.name in FLOATS


def _shape_answer(op: Any, shape: tuple[int, ...]) -> Tensor:
    answer = {"Shape": list(shape), "Size": int(np.prod(shape, dtype=np.int64)), "Rank": len(shape)}[op.type]
    return constant(op.name, np.array(answer, op.outputs[0].dtype.as_numpy_dtype))


def _known(shape: Any) -> tuple[int, ...] | None:
    return tuple(shape.as_list()) if shape.is_fully_defined() else None


def _float32_for(dtype: Any) -> Any:
    import tensorflow as tf

    return tf.float32 if dtype.name in FLOATS else dtype


def _attrs(op: Any, decode: bool) -> dict[str, Any]:
    """Attributes by name; every floating dtype replaced by float32, strings decoded on request."""
    table = {attr.name: op.get_attr(attr.name) for attr in op.op_def.attr if attr.type != "func"}
    return {name: _python_attr(value, decode) for name, value in table.items()}


def _python_attr(value: Any, decode: bool) -> Any:
    if isinstance(value, bytes) and decode:
        return value.decode()
    if isinstance(value, list):
        return [_python_attr(item, decode) for item in value]
    return _float32_for(value) if type(value).__name__ == "DType" else value


def _float_attr(value: Any) -> Any:
    """A copy of a protobuf attribute with float32 in place of the other floating types."""
    import tensorflow as tf

    copy = type(value)()
    copy.CopyFrom(value)
    if copy.HasField("type"):
        copy.type = _float32_for(tf.as_dtype(copy.type)).as_datatype_enum
    elif copy.list.type:
        copy.list.type[:] = [_float32_for(tf.as_dtype(item)).as_datatype_enum for item in copy.list.type]
    return copy
