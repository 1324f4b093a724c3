"""A ``.tflite`` file as a graph: the inverse of the writer, and the way in for files of other converters.

Any operator is readable, also one without a kernel here: its name is TFLite's in lower case, its attributes are the
fields of whichever options table it has. A custom operator with a row in ``schema/ops.def`` has that row's name and the
entries of its FlexBuffers map as attributes; another one is called ``custom``, with the attributes ``custom_code`` and
``custom_options``, the bytes as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from . import flat, flexbuffer
from .elements import limits, numpy_dtype, unpack
from .errors import GraphError, ModelError, UnsupportedError
from .graph import RESOURCE, STATELESS, TYPES, Graph, Op, Origin, Quantization, Value
from .opdef import CUSTOM, custom_rows, rows

#: No runtime takes tensors of a higher rank.
MAX_RANK = 8
#: Bytes of the largest tensor: the runtime addresses by signed 32-bit offsets.
MAX_TENSOR_BYTES = 2**31 - 1
#: Metadata entry with the arena offset of every tensor, in the layout of TFLite Micro.
ARENA_PLAN = "OfflineMemoryAllocation"

#: Fields of options tables that hold the number of a subgraph.
SUBGRAPH_ATTRIBUTES = {
    "then_subgraph_index", "else_subgraph_index", "cond_subgraph_index", "body_subgraph_index", "init_subgraph_index",
}  # fmt: skip

_MAX_DUPLICATE_NAME = 64


def read(content: bytes, signature: str | None = None) -> Graph:
    """The graph that a file holds; constants are read-only views of ``content``.

    signature  the function to read, of a file with several; None: the first subgraph, which runtimes run.

    Subgraphs that it does not call are left out. An operator's origin is the name of its first result, in ``Origin.op``.
    Raises ModelError when the file is malformed or has no such signature, UnsupportedError when it is sound but the graph
    cannot hold it: sparse or string or two-bit tensors, weights outside the file.
    """
    model = flat.read(content)
    _check_version(model)
    records = model.records("subgraphs")
    if not records:
        raise ModelError("the model has no subgraph")
    buffers = _Buffers(model)
    operators = _Operators(model, limit=len(content))
    names = _unique_names([record["name"] or Graph().name for record in records])
    graphs = [Graph(name) for name in names]
    tensors = [_Tensors(record.records("tensors"), buffers) for record in records]
    for graph, record, own in zip(graphs, records, tensors, strict=True):
        _fill(graph, record, own, operators, graphs)
    entry = 0 if signature is None else _entry(model, signature, len(graphs))
    main = graphs[entry]
    main.input_names, main.output_names = _signature_names(model, signature, entry, records[entry], tensors[entry])
    main.metadata = _metadata(model, main, tensors[0], buffers) if entry == 0 else {}
    _verify(main)
    return main


def entries(content: bytes) -> dict[str, int]:
    """Signature → the subgraph that it enters; ModelError when the file is malformed."""
    model = flat.read(content)
    return {record["signature_key"] or "": record["subgraph_index"] for record in model.records("signature_defs")}


def require_one_entry(content: bytes, path: str) -> None:
    """Refuse a file with several functions: reading it without choosing one would lose the others."""
    table = entries(content)
    if len(set(table.values())) > 1:
        raise UnsupportedError(
            f"{path} has several functions, {', '.join(map(repr, table))}: say which one, signature='…' (--signature);"
            " each becomes a file of its own"
        )


def _entry(model: flat.Record, signature: str, count: int) -> int:
    table = {record["signature_key"] or "": record["subgraph_index"] for record in model.records("signature_defs")}
    if signature not in table:
        raise ModelError(f"the model has no signature '{signature}'; it has {', '.join(map(repr, table)) or 'none'}")
    if not 0 <= table[signature] < count:
        raise ModelError(f"the model is damaged: signature '{signature}' enters subgraph {table[signature]} of {count}")
    return int(table[signature])


def _fill(graph: Graph, record: flat.Record, tensors: _Tensors, operators: _Operators, graphs: list[Graph]) -> None:
    """What a subgraph of the file holds; the tensors' names stand for the user's."""
    graph.inputs = tensors.at(_indices(record, "inputs"), "the graph's inputs")
    graph.outputs = tensors.at(_indices(record, "outputs"), "the graph's outputs")
    graph.ops = [operators.operator(operator, tensors, graphs) for operator in record.records("operators")]
    graph.input_names = [value.name for value in graph.inputs]
    graph.output_names = [value.name for value in graph.outputs]
    tensors.fill_empty_constants(graph)


def _unique_names(names: list[str]) -> list[str]:
    taken: set[str] = set()
    result = []
    for index, name in enumerate(names):
        result.append(name if name not in taken else f"{name[:_MAX_DUPLICATE_NAME]}:{index}")
        taken.add(result[-1])
    return result


def _check_version(model: flat.Record) -> None:
    if model["version"] != 3:
        raise ModelError(f"the model has schema version {model['version']}; only version 3 is known")


def _indices(record: flat.Record, name: str) -> list[int]:
    array = record[name]
    return [] if array is None else [int(index) for index in array]


def _verify(graph: Graph) -> None:
    for value in (value for part in graph.subgraphs() for value in part.inputs):
        if value.is_constant:
            raise ModelError(f"the model is damaged: its input '{value.name}' is a constant")
    try:
        graph.verify()
    except GraphError as error:
        raise ModelError(f"the model is damaged: {error}") from None


# --- buffers and tensors --------------------------------------------------------------------------------------------
class _Buffers:
    """Contents of the file's buffers, by index."""

    def __init__(self, model: flat.Record) -> None:
        self.records = model.records("buffers")

    def __getitem__(self, index: int) -> np.ndarray | None:
        """Bytes of a buffer, or None when it has none."""
        if index >= len(self.records):
            raise ModelError(f"the model is damaged: it refers to buffer {index} of {len(self.records)}")
        record = self.records[index]
        if record["offset"] > 1:
            raise UnsupportedError(
                "the model keeps its weights behind the flatbuffer (over 2 GB); that is not supported"
            )
        data: np.ndarray | None = record["data"]
        return data if data is not None and data.size else None


class _Tensors:
    """The values of a subgraph's tensors, by index; names made unique."""

    def __init__(self, records: list[flat.Record], buffers: _Buffers) -> None:
        self.buffers = buffers
        self.names: set[str] = set()
        self.quantizations: dict[tuple[Any, ...], Quantization] = {}
        self.values = [self.value(record, index) for index, record in enumerate(records)]

    def at(self, indices: Iterable[int], what: str) -> list[Value]:
        return [self.one(index, what) for index in indices]

    def one(self, index: int, what: str) -> Value:
        if not 0 <= index < len(self.values):
            raise ModelError(f"the model is damaged: {what} refer to tensor {index} of {len(self.values)}")
        return self.values[index]

    def value(self, record: flat.Record, index: int) -> Value:
        name = self.unique(record["name"] or f"tensor_{index}", index)
        _check_supported(record, name)
        dtype = record["type"].lower()
        if dtype not in TYPES:
            raise UnsupportedError(f"tensor '{name}' has elements of type {record['type']}, which is not supported")
        shape = _shape(record, name, dtype)
        value = Value(name, dtype, shape, self.data(record, name, dtype, shape), is_variable=record["is_variable"])
        if dtype not in ("float32", "float16", "bool", RESOURCE):
            value.quant = self.quantization(record["quantization"], value)
        return value

    def unique(self, name: str, index: int) -> str:
        if name in self.names:  # cut: a file of many tensors that share one long name would grow without bound
            name = f"{name[:_MAX_DUPLICATE_NAME]}:{index}"
        while name in self.names:
            name += "_"
        self.names.add(name)
        return name

    def data(self, record: flat.Record, name: str, dtype: str, shape: tuple[int, ...]) -> np.ndarray | None:
        content = self.buffers[record["buffer"]]
        if content is None:
            return None
        expected = Value(name, dtype, shape).nbytes
        if content.size != expected:
            raise ModelError(
                f"the model is damaged: constant '{name}', {dtype}{list(shape)}, needs {expected} bytes,"
                f" its buffer has {content.size}"
            )
        if dtype == "int4":
            return unpack(content, math.prod(shape)).reshape(shape)
        if dtype == RESOURCE:
            raise ModelError(f"the model is damaged: the resource '{name}' has a value")
        return content.view(np.dtype(dtype).newbyteorder("<")).astype(dtype, copy=False).reshape(shape)

    def quantization(self, record: flat.Record | None, value: Value) -> Quantization | None:
        if record is None or record["scale"] is None or not record["scale"].size:
            return None
        if record["details"] is not None:
            raise UnsupportedError(f"tensor '{value.name}' has {record['details'][0]}, which is not supported")
        scale, zero_point, axis = record["scale"], record["zero_point"], record["quantized_dimension"]
        key = (id(scale), id(zero_point), axis, value.dtype)
        if key not in self.quantizations:  # the same vectors are checked once, however many tensors share them
            self.quantizations[key] = _quantization(scale, zero_point, axis, value)
        quant = self.quantizations[key]
        if quant.is_per_channel and (axis >= len(value.shape) or quant.scale.size != value.shape[axis]):
            raise ModelError(
                f"the model is damaged: tensor '{value.name}' of shape {list(value.shape)} has {quant.scale.size} scales"
                f" along dimension {axis}"
            )
        return quant

    def fill_empty_constants(self, graph: Graph) -> None:
        """A constant without elements has no data in the file: give one to what nothing produces."""
        produced = {id(value) for op in graph.ops for value in op.outputs}
        produced |= {id(value) for value in (*graph.inputs, *graph.variables())}
        for value in self.values:
            if value.data is None and value.size == 0 and value.dtype != RESOURCE and id(value) not in produced:
                value.data = np.empty(value.shape, value.dtype)


def _check_supported(record: flat.Record, name: str) -> None:
    for field, what in (
        ("sparsity", "is stored sparse"),
        ("external_buffer", "has its data in another file"),
    ):
        if record[field]:
            raise UnsupportedError(f"tensor '{name}' {what}, which is not supported")


def _shape(record: flat.Record, name: str, dtype: str) -> tuple[int, ...]:
    dims = record["shape"]
    if dims is None:
        return ()
    if dims.size > MAX_RANK or (dims < 0).any():
        raise ModelError(f"the model is damaged: tensor '{name}' has a malformed shape of {dims.size} dimensions")
    shape = tuple(int(d) for d in dims)
    largest = 1 if dtype == RESOURCE else numpy_dtype(dtype).itemsize
    for d in shape:  # in Python's integers: the product of hostile dimensions overflows 64 bits
        largest *= max(d, 1)
    if largest > MAX_TENSOR_BYTES:
        raise ModelError(f"the model is damaged: tensor '{name}', {dtype}{list(shape)}, exceeds 2 GB")
    return shape


def _quantization(scale: np.ndarray, zero_point: np.ndarray | None, axis: int, value: Value) -> Quantization:
    """Checked parameters; a missing zero point is 0, a single one stands for all (both occur in the wild)."""
    zeros = np.zeros(1, np.int64) if zero_point is None or not zero_point.size else zero_point.astype(np.int64)
    scales = scale.astype(np.float32)
    low, high = limits(value.dtype)
    if not (np.isfinite(scales).all() and (scales > 0).all()):
        raise ModelError(f"the model is damaged: tensor '{value.name}' has a scale that is not finite and positive")
    if zeros.size not in (1, scales.size) or (zeros < low).any() or (zeros > high).any():
        raise ModelError(f"the model is damaged: tensor '{value.name}' has malformed zero points")
    if scales.size > 1 and zeros.any() and value.dtype != "uint8":  # fake quantization of weights comes so
        raise ModelError(f"the model is damaged: tensor '{value.name}' is per channel but has zero points other than 0")
    if scales.size > 1 and axis < 0:
        raise ModelError(f"the model is damaged: tensor '{value.name}' is quantized along dimension {axis}")
    return Quantization(scales, np.broadcast_to(zeros, scales.shape).copy(), axis if scales.size > 1 else 0)


# --- operators ------------------------------------------------------------------------------------------------------
class _Operators:
    """Operators of all subgraphs.

    limit  of operands and list attributes together; more can only come from a file whose vectors are shared by many
           operators to make it look larger than it is.
    """

    def __init__(self, model: flat.Record, limit: int) -> None:
        self.left = limit
        self.codes = [_operator_name(record) for record in model.records("operator_codes")]

    def operator(self, record: flat.Record, tensors: _Tensors, graphs: list[Graph]) -> Op:
        index = record["opcode_index"]
        if index >= len(self.codes):
            raise ModelError(f"the model is damaged: it refers to operator code {index} of {len(self.codes)}")
        name, custom_code = self.codes[index]
        attrs = self.attributes(record, name)
        if name == CUSTOM:
            options = record["custom_options"]
            name, attrs = _custom(custom_code, b"" if options is None else options.tobytes())
        indices = self.list(record["inputs"])
        inputs = [None if i == -1 else tensors.one(i, f"operands of {name}") for i in indices]
        outputs = tensors.at(self.list(record["outputs"]), f"results of {name}")
        for attribute in set(attrs) & SUBGRAPH_ATTRIBUTES:
            if not 0 <= attrs[attribute] < len(graphs):
                raise ModelError(f"the model is damaged: {name} calls subgraph {attrs[attribute]} of {len(graphs)}")
            attrs[attribute] = graphs[attrs[attribute]]
        if _is_stateless(record, inputs):
            attrs[STATELESS] = True
        return Op(name, inputs, outputs, attrs, Origin(op=outputs[0].name if outputs else name))

    def attributes(self, record: flat.Record, operator: str) -> dict[str, Any]:
        """Every field of the operator's options table; vectors as lists."""
        options = record["builtin_options"] or record["builtin_options_2"]
        if options is None:
            return {}
        if operator in rows() and options[0] != rows()[operator].options:
            raise ModelError(f"the model is damaged: an operator {operator} has {options[0]}")
        return {
            name: self.list(value) if isinstance(value, np.ndarray | list) else value
            for name, value in options[1].fields()
        }

    def list(self, values: np.ndarray | list[Any] | None) -> list[Any]:
        if values is None:
            return []
        self.left -= len(values)
        if self.left < 0:
            raise ModelError("the model is damaged: its operators have more operands than the file has bytes")
        return values.tolist() if isinstance(values, np.ndarray) else values


def _is_stateless(record: flat.Record, inputs: list[Value | None]) -> bool:
    """Whether the file says that the operator changes none of its variables."""
    mutated = record["mutating_variable_inputs"]
    has_variables = any(value is not None and value.is_variable for value in inputs)
    return has_variables and mutated is not None and len(mutated) == len(inputs) and not any(mutated)


def _operator_name(record: flat.Record) -> tuple[str, str]:
    """(name in lower case, custom code or "")."""
    operators = flat.schema().enums["BuiltinOperator"]
    code = max(operators.values[record["builtin_code"]], record["deprecated_builtin_code"])
    if code not in operators.names:
        raise ModelError(f"the model has operator code {code}, which is no operator of this version of the format")
    return operators.names[code].lower(), record["custom_code"] or ""


def _custom(code: str, options: bytes) -> tuple[str, dict[str, Any]]:
    """Name in the graph and attributes of the operator that the file calls ``code``."""
    if not code:
        raise ModelError("the model is damaged: a custom operator has no name")
    if code not in custom_rows():
        return CUSTOM, {"custom_code": code, "custom_options": options}
    try:
        return custom_rows()[code], flexbuffer.read_map(options) if options else {}
    except ModelError as error:
        raise ModelError(f"the options of operator {code!r}: {error}") from None


# --- names and metadata ---------------------------------------------------------------------------------------------
def _signature_names(
    model: flat.Record, key: str | None, entry: int, subgraph: flat.Record, tensors: _Tensors
) -> tuple[list[str], list[str]]:
    """The user's names of inputs and outputs in the graph's order; the tensor's where no signature names it."""
    signatures = [s for s in model.records("signature_defs") if s["subgraph_index"] == entry]
    signatures = [s for s in signatures if key is None or s["signature_key"] == key]
    return (
        _names(signatures, "inputs", _indices(subgraph, "inputs"), tensors),
        _names(signatures, "outputs", _indices(subgraph, "outputs"), tensors),
    )


def _names(signatures: list[flat.Record], kind: str, indices: list[int], tensors: _Tensors) -> list[str]:
    named: dict[int, list[str]] = {}
    for entry in signatures[0].records(kind) if signatures else []:
        named.setdefault(entry["tensor_index"], []).insert(0, entry["name"] or "")
    return [(named[i].pop() if named.get(i) else "") or tensors.values[i].name for i in indices]


def _metadata(model: flat.Record, graph: Graph, tensors: _Tensors, buffers: _Buffers) -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    contents: dict[int, bytes] = {}
    for record in model.records("metadata"):
        index = record["buffer"]
        if index not in contents:
            data = buffers[index]
            contents[index] = b"" if data is None else data.tobytes()
        entries[record["name"] or ""] = contents[index]
    if ARENA_PLAN in entries:
        entries[ARENA_PLAN] = _reordered_plan(entries[ARENA_PLAN], graph, tensors)
    return entries


def _reordered_plan(plan: bytes, graph: Graph, tensors: _Tensors) -> bytes:
    """The arena plan with its offsets in the order of ``graph.values()`` instead of the file's.

    Layout, int32: version, subgraph, number of tensors, then per tensor its arena offset in bytes or −1.
    """
    count = len(tensors.values)
    if len(plan) != 4 * (3 + count) or int.from_bytes(plan[8:12], "little") != count:
        raise ModelError(f"the model is damaged: its arena plan does not fit its {count} tensors")
    words = np.frombuffer(plan, "<i4")
    offset_of = dict(zip(map(id, tensors.values), words[3:].tolist(), strict=True))
    offsets = [offset_of[id(value)] for value in graph.values()]
    return np.array([words[0], words[1], len(offsets), *offsets], "<i4").tobytes()
