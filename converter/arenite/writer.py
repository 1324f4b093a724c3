"""A graph as a ``.tflite`` file. ``schema/README.md`` states every field that is written, its unit and its invariant.

What the file leaves out although other converters write it: minimum and maximum of calibration, quantization of
per-channel biases (it follows from input and weights; LiteRT insists on it beside per-tensor weights only), repeated
vectors, tables and constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import __version__, flat, flexbuffer, opdef
from .elements import pack
from .errors import GraphError, UnsupportedError
from .graph import STATELESS, Graph, Op, Quantization, Value

#: version of the format.
SCHEMA_VERSION = 3
#: key of the one signature that a file has.
SIGNATURE_KEY = "serving_default"
#: a code beyond this does not fit deprecated_builtin_code, which then holds this value.
LAST_BYTE_CODE = 127

_BIAS_DTYPES = ("int32", "int64")


def write(graph: Graph, *, strip: bool = False) -> bytes:
    """The file's content. Same graph, same bytes.

    Subgraphs stand in the order of ``graph.subgraphs()``, a subgraph's tensors in that of its ``values()``, so that an
    index is a place there; entries of ``graph.metadata`` that name tensors (``OfflineMemoryAllocation``) rely on that.

    strip  leave out tensor names; inputs and outputs keep the user's names in the signature.
    Raises UnsupportedError, naming the layer, for an operator or operand types without a row in ``schema/ops.def``
    (custom operators without a row are written as they were read: the program that runs the file may bring a kernel);
    GraphError when the graph breaks an invariant or an attribute does not fit its options table.
    """
    graph.verify()
    constants = {value: value.nbytes for part in graph.subgraphs() for value in part.values() if value.is_constant}
    return flat.serialize(_Writer(graph, strip).model(), capacity=2 * sum(constants.values()) + 65536)


class _Writer:
    """Gathers what the tables of the file refer to by index: buffers, operator codes, tensors."""

    def __init__(self, graph: Graph, strip: bool) -> None:
        self.graph, self.strip = graph, strip
        self.subgraphs = graph.subgraphs()
        self.numbers = {id(part): number for number, part in enumerate(self.subgraphs)}
        self.indices = {value: index for part in self.subgraphs for index, value in enumerate(part.values())}
        self.buffers: list[dict[str, Any]] = [{}]
        self.buffer_of: dict[bytes, int] = {b"": 0}
        self.codes: dict[tuple[str, int, str | None], int] = {}  # (BuiltinOperator, version, custom code) → index

    def model(self) -> dict[str, Any]:
        subgraphs = [self.subgraph(graph) for graph in self.subgraphs]
        metadata = [{"name": name, "buffer": self.buffer(data)} for name, data in self.graph.metadata.items()]
        return {
            "version": SCHEMA_VERSION,
            "operator_codes": [_operator_code(*code) for code in self.codes],
            "subgraphs": subgraphs,
            "description": f"arenite {__version__}",
            "buffers": self.buffers,
            "metadata": metadata or None,
            "signature_defs": [self.signature()],
        }

    def subgraph(self, graph: Graph) -> dict[str, Any]:
        return {
            "tensors": [self.tensor(value) for value in graph.values()],
            "inputs": self.indices_of(graph.inputs),
            "outputs": self.indices_of(graph.outputs),
            "operators": [self.operator(op) for op in graph.ops],
            "name": graph.name,
        }

    def tensor(self, value: Value) -> dict[str, Any]:
        is_bias = value.is_constant and value.dtype in _BIAS_DTYPES
        is_idle = value.quant is None or (is_bias and value.quant.is_per_channel)
        return {
            "shape": np.array(value.shape, np.int32),
            "type": value.dtype.upper(),
            "buffer": 0 if value.data is None else self.buffer(_stored(value.data, value.dtype)),
            "name": None if self.strip else value.name,
            "quantization": None if is_idle or value.quant is None else _quantization(value.quant),
            "is_variable": value.is_variable,
        }

    def buffer(self, content: bytes) -> int:
        """Index of the buffer with this content; 0 when it is empty."""
        if content not in self.buffer_of:
            self.buffer_of[content] = len(self.buffers)
            self.buffers.append({"data": np.frombuffer(content, np.uint8)})
        return self.buffer_of[content]

    def operator(self, op: Op) -> dict[str, Any]:
        code = _code(op)
        return {
            "opcode_index": self.codes.setdefault(code, len(self.codes)),
            "inputs": self.indices_of(_stated_operands(op)),
            "outputs": self.indices_of(op.outputs),
            "builtin_options": _options(op, self.numbers),
            "mutating_variable_inputs": np.zeros(len(op.inputs), np.bool_) if op.attrs.get(STATELESS) else None,
            "custom_options": _custom_options(op),
        }

    def indices_of(self, values: list[Value] | list[Value | None]) -> np.ndarray:
        return np.array([-1 if value is None else self.indices[value] for value in values], np.int32)

    def signature(self) -> dict[str, Any]:
        def names(names: list[str], values: list[Value]) -> list[dict[str, Any]]:
            pairs = zip(names, values, strict=True)
            return [{"name": name, "tensor_index": self.indices[value]} for name, value in pairs]

        return {
            "inputs": names(self.graph.input_names, self.graph.inputs),
            "outputs": names(self.graph.output_names, self.graph.outputs),
            "signature_key": SIGNATURE_KEY,
        }


def _stated_operands(op: Op) -> list[Value | None]:
    """Those of the file. LiteRT's convolutions count operands: a bias of −1 is an error there, a missing one is not."""
    if op.name == opdef.CUSTOM or opdef.declaration(op.name).states_absent:
        return op.inputs
    present = [index for index, value in enumerate(op.inputs) if value is not None]
    return op.inputs[: present[-1] + 1] if present else []


def _code(op: Op) -> tuple[str, int, str | None]:
    """BuiltinOperator, version and custom code of an operator."""
    if op.name == opdef.CUSTOM:
        if not op.attrs.get("custom_code"):
            raise GraphError(f"the custom operator of {op.origin} lacks the attribute custom_code, its name")
        return op.name.upper(), 1, op.attrs["custom_code"]
    version = _version(op)
    custom_code = opdef.rows()[op.name].custom_code
    return (op.name if custom_code is None else opdef.CUSTOM).upper(), version, custom_code


def _operator_code(name: str, version: int, custom_code: str | None) -> dict[str, Any]:
    code = flat.schema().enums["BuiltinOperator"].values[name]
    return {
        "deprecated_builtin_code": min(code, LAST_BYTE_CODE),
        "builtin_code": name,
        "version": version,
        "custom_code": custom_code,
    }


def _version(op: Op) -> int:
    """The operator version that the file states; UnsupportedError when no kernel takes this operator."""
    if op.name not in opdef.rows():
        raise UnsupportedError(f"{op.origin} needs the operator '{op.name}', which has no kernel here")
    signature = opdef.matching_signature(op)
    if signature is None:
        given = ", ".join("none" if value is None else value.dtype for value in op.inputs)
        results = ", ".join(value.dtype for value in op.outputs)
        allowed = "; ".join(map(_describe, opdef.rows()[op.name].signatures))
        raise UnsupportedError(
            f"{op.origin}: {op.name} has no kernel for {given} → {results}; it takes {allowed}."
            " Quantize the whole model, or none of it"
        )
    return signature.version


def _describe(signature: opdef.Signature) -> str:
    operands = ", ".join(dtype + "?" * optional + " …" * repeated for dtype, optional, repeated in signature.inputs)
    return f"{operands} → {', '.join(signature.outputs)}"


def _options(op: Op, numbers: Mapping[int, int]) -> tuple[str, dict[str, Any]] | None:
    """The operator's options table: its attributes, declared defaults where it states none.

    numbers  of subgraphs, by their identity.
    """
    if op.name == opdef.CUSTOM or opdef.rows()[op.name].custom_code is not None:
        return None
    table = opdef.rows()[op.name].options
    stated = {name: value for name, value in op.attrs.items() if name != STATELESS}
    attrs = {name: numbers[id(v)] if isinstance(v, Graph) else v for name, v in stated.items()}
    if table is None and attrs:
        raise GraphError(f"{op.name} of {op.origin} has no options table to hold {', '.join(attrs)}")
    return None if table is None else (table, {**opdef.declaration(op.name).attrs, **attrs})


def _custom_options(op: Op) -> np.ndarray | None:
    """The FlexBuffers map of a custom operator's attributes; without a row, the bytes that it was read with."""
    if op.name == opdef.CUSTOM:
        content = op.attrs.get("custom_options", b"")
    elif opdef.rows()[op.name].custom_code is None:
        return None
    else:
        attrs = {name: value for name, value in op.attrs.items() if name != STATELESS}
        content = _map(opdef.declaration(op.name), attrs)
    return np.frombuffer(content, np.uint8) if content else None


def _map(decl: opdef.Declaration, attrs: Mapping[str, Any]) -> bytes:
    if decl.defaults_absent:
        return flexbuffer.write_map({n: v for n, v in attrs.items() if n not in decl.attrs or v != decl.attrs[n]})
    return flexbuffer.write_map({**decl.attrs, **attrs})


def _quantization(quant: Quantization) -> dict[str, Any]:
    return {"scale": quant.scale, "zero_point": quant.zero_point, "quantized_dimension": quant.axis}


def _stored(data: np.ndarray, dtype: str) -> bytes:
    """Little-endian; int4 packed."""
    if dtype == "int4":
        return pack(data).tobytes()
    return data.astype(data.dtype.newbyteorder("<"), copy=False).tobytes()
