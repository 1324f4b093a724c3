"""The operator registry: one row of ``schema/ops.def`` joined with one declaration in ``arenite/ops/<name>.py``.

A declaration says what the row cannot: the shape rule, the quantization rule, a float reference in numpy, multiply
counts, test cases. Passes ask for traits and rules here and never name an operator.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .cases import Draw, weight_dtype
from .errors import GraphError
from .graph import RESOURCE, Graph, Op, Value
from .places import Holder
from .products import Products
from .restating import Steps
from .spatial import Window

#: Stands for every dtype but those of constants alone in a signature.
ANY = "any"
#: dtypes of weights, which no activation has.
CONSTANT_ONLY = ("int4", "float16")
#: Stands for int32 and int64, the types of axes, shapes and indices.
WHOLE = "int32/int64"
#: numpy type code in ops.def → dtype.
TYPE_CODES = {
    "f": "float32", "e": "float16", "4": "int4", "b": "int8", "B": "uint8", "h": "int16", "i": "int32", "q": "int64",
    "?": "bool", "I": "uint32", "Q": "uint64",
    "r": "resource", "n": WHOLE, ".": ANY,
}  # fmt: skip


@dataclass(frozen=True)
class Signature:
    """Allowed operand dtypes of one variant of an operator.

    inputs   (dtype, optional, repeated) per operand.
    version  operator version that the writer states for this variant.
    several  the last result may be repeated; ``optional_result``: or be left out.
    """

    inputs: tuple[tuple[str, bool, bool], ...]
    outputs: tuple[str, ...]
    version: int
    several: bool = False
    optional_result: bool = False

    def accepts(self, inputs: Sequence[str | None], outputs: Sequence[str]) -> bool:
        """Whether operands of these dtypes fit; None stands for an absent one."""
        repeats = max(0, len(outputs) - len(self.outputs)) if self.several else 0
        results = self.outputs + self.outputs[-1:] * repeats
        if self.optional_result and not outputs:
            results = ()
        if len(outputs) != len(results) or not all(map(_fits, outputs, results)):
            return False
        patterns = list(self.inputs)
        if patterns and patterns[-1][2]:
            patterns += [patterns[-1]] * max(0, len(inputs) - len(patterns))
        if len(inputs) > len(patterns):
            return False
        given = list(inputs) + [None] * (len(patterns) - len(inputs))
        return all(
            (optional if g is None else _fits(g, dtype))
            for g, (dtype, optional, _) in zip(given, patterns, strict=True)
        )


def _fits(given: str, dtype: str) -> bool:
    return (
        dtype == given
        or (dtype == ANY and given not in CONSTANT_ONLY)
        or (dtype == WHOLE and given in ("int32", "int64"))
    )


@dataclass(frozen=True)
class Row:
    """One line of ``schema/ops.def``. ``symbol`` is the kernel's name in C++: ``if_`` where ``name`` is a word of C++."""

    name: str
    symbol: str
    code: int
    max_version: int
    options: str | None
    signatures: tuple[Signature, ...]
    custom_code: str | None = None  # the name in the file of an operator that TFLite knows by name only


class QuantRule(Enum):
    """How the int8 scheme treats an operator's results (TFLite quantization spec)."""

    CALIBRATED = "calibrated"  # the output gets its own range from calibration
    SAME_AS_INPUT = "same"  # every data input and output shares one scale and zero point
    FIXED = "fixed"  # the output's scale and zero point are given by the operator (softmax, logistic)
    PLAIN = "plain"  # works on numbers as they are stored, whatever they stand for: the scheme leaves it alone


class Affine(Enum):
    """What an element-wise operator does to an activation when its other operand is constant."""

    SCALE = "scale"  # x * c
    SHIFT = "shift"  # x + c


class Role(Enum):
    """Operators that passes create; they ask for one by its role."""

    QUANTIZE = "quantize"  # float → int8, or int8 → int8 at another scale
    DEQUANTIZE = "dequantize"  # int8 → float
    VIEW = "view"  # the same elements in the shape that operand 1 states
    TABLE = "table"  # any function of one element, by its values
    CHANNEL_AFFINE = "channel_affine"  # x · scale + shift with one pair per channel, exact per channel in int8


#: Runs a subgraph on real values: (graph, inputs) → outputs.
Run = Callable[[Graph, Sequence[np.ndarray]], list[np.ndarray]]
Calls = Callable[[Op, Sequence[np.ndarray | None], Run], list[np.ndarray]]
Resource = Callable[["Op", Sequence[np.ndarray | None], dict[str, np.ndarray], Run], list[np.ndarray]]


@dataclass(frozen=True)
class Matrix:
    """Weights with one scale that multiply one of the operands, and the bias of the products.

    index  operand of the weights.   of  operand that they multiply.   bias  operand of the bias, None without.
    """

    index: int
    of: int
    bias: int | None = None


class StateGrid(Enum):
    """The grid of a variable in the integer schemes."""

    OUTPUT = "output"  # dtype and grid of the first result
    POWER_OF_TWO = "power of two"  # int16 whose scale is a power of two


@dataclass(frozen=True)
class Declaration:
    """What ``arenite/ops/<name>.py`` says about its operator, as a module constant ``OP``.

    shape         (op) → shapes of the outputs, from operand shapes, constants and attributes; reads no output. Raises
                  GraphError.
    reference     (op, inputs) → outputs: float32 numpy implementation on real values (a quantized operand arrives
                  dequantized, so quantize is the identity); inputs as op.inputs (None when absent). The leading axis of
                  the data operands may be a multiple of the declared one: a batch.
    quant         how its output is quantized; ``fixed`` is dtype → (scale, zero_point) for QuantRule.FIXED.
    data          indices of the operands that carry activations (quantized like activations); None: all of them.
    weight        (operand index, axis of the output channels) when the operator has per-channel weights.
    bias          operand index of the int32 bias at scale input·weight.
    factor        (operand index, (op) → axis of the output channels) of an operand that is quantized like an activation,
                  but as weights beside float activations, when it is constant.
    limits        what the kernel refuses although TFLite allows it, for people; "" when nothing.
    narrow        operand index of a constant that is int8 beside int16 activations too.
    attrs         attribute defaults: every field of the options table that the kernels read, TFLite's default.
    activation    True when ``fused_activation_function`` can absorb a following relu.
    macs          (op) → multiply-accumulates of one run; 0 for operators without.
    case          (draw, dtype of the first data operand) → a generated instance with all its values; the oracle tests
                  run it. None for operators that mean something only among others (``var_handle``).
    resource      (op, inputs, resources, run) → outputs, of operators on resource variables, instead of the reference;
                  it changes ``resources``, real values by name.
    calls         (op, inputs, run) → outputs, of operators that call subgraphs, instead of the reference: run(graph,
                  inputs) gives a subgraph's outputs.
    decided_by    (op) → values that decide which subgraphs it calls, and how often.
    carried       (op) → groups of holders with the same elements at one time or another, so that they have one type and one
                  grid: operands and results of calls with the subgraphs' inputs and outputs, a variable and its readers.
    fuses_as      the fused activation that this operator is equal to, ``"RELU"``.
    passes_clamp  a clamp around zero gives the same before the operator as behind it (it moves or selects elements).
    selects       results are operands' elements, clamped at most; where neither ``moves`` nor ``passes_clamp`` says so.
    extremes      results are the largest or the smallest among operands' elements.
    clamps        with one computed operand, the result is that operand, bounded.
    affine        what the operator does to one operand when the other is constant.
    commutative   operands 0 and 1 may be swapped.
    view          the output is the input's bytes in another shape; operand 1, if there is one, states it.
    moves         results are operands' elements or whole numbers, nothing is rounded: the reference takes every dtype and
                  is exact.
    per_channel   (op) → whether each channel of the result depends on the same channel of operand 0 alone, and grows
                  with it: k·x gives k·y for every k > 0.
    elementwise   each element of the result depends on those at its place in the data operands alone, which broadcast.
    flattens      operand 0 counts only by its elements, so that a view before the operator is idle.
    identity      (op) → whether this instance changes nothing, so that its result can be replaced by its input.
    padding       (op) → zeros that it puts around each axis, [(before, after)], or None when they are not constant.
    window        (op) → how its kernel slides over H and W; padded places count as zero when ``zero_padded``.
    scale_input   (op, factors [C of operand 0]) → factors that broadcast with the weights, so that scaling the
                  weights by them equals scaling the input's channels.
    products      how the results are sums of products with ``weight``; None without such weights, or where they overlap.
    matrices      of an operator with several weights, instead of ``weight`` and ``bias``.
    table         operand index of the values of a function, on the output's grid; filled when quantizing.
    negligible    (op, dtype) → how far below the largest of its row an element of operand 0 counts nothing in ``dtype``.
    by_element    elementwise in all its operands, those that carry no activations too.
    restated      (op, steps) → other operators that compute the same, for schemes in which it has no kernel; None when
                  this instance cannot be restated.
    states        operand index → grid, of the operands that are variables.
    trajectory    (op, inputs) → operand index of a variable → every value that it takes during the run; it may write into
                  the variables' arrays, as ``reference`` does.
    half          operands that the kernel reads as float16 constants where they lie.
    integer_form  (op) → (name, attributes) of another operator that computes the same from the same operands and has
                  integer kernels, where this one has float kernels only; None without.
    packed_form   (op) → (name, attributes) of the operator that does the same with int8 activations and weights of one or two
                  bits (``packing``), but for the fused activation; None without.
    defaults_absent  of a custom operator the file states only attributes that differ from the defaults.
    states_absent the file states absent operands at the end too: readers of this operator count them.
    role          why passes create it.
    affine_form   (scale [C], shift [C]) → (constant operands after the data, attributes) of Role.CHANNEL_AFFINE.
    """

    shape: Callable[[Op], list[tuple[int, ...]]]
    reference: Callable[[Op, Sequence[np.ndarray | None]], list[np.ndarray]]
    quant: QuantRule = QuantRule.CALIBRATED
    fixed: dict[str, tuple[float, int]] | None = None
    data: tuple[int, ...] | None = None
    weight: tuple[int, int] | None = None
    bias: int | None = None
    factor: tuple[int, Callable[[Op], int]] | None = None
    narrow: int | None = None
    attrs: dict[str, Any] = field(default_factory=dict)
    activation: bool = False
    macs: Callable[[Op], int] = lambda op: 0
    case: Callable[[Draw, str], Op] | None = None
    calls: Calls | None = None
    resource: Resource | None = None
    decided_by: Callable[[Op], list[Value]] = lambda op: []
    carried: Callable[[Op], list[list[Holder]]] = lambda op: []
    limits: str = ""
    fuses_as: str | None = None
    passes_clamp: bool = False
    selects: bool = False
    extremes: bool = False
    clamps: bool = False
    affine: Affine | None = None
    commutative: bool = False
    view: bool = False
    moves: bool = False
    per_channel: Callable[[Op], bool] = lambda op: False
    elementwise: bool = False
    flattens: bool = False
    identity: Callable[[Op], bool] = lambda op: False
    padding: Callable[[Op], list[tuple[int, int]] | None] | None = None
    window: Callable[[Op], Window] | None = None
    zero_padded: bool = False
    scale_input: Callable[[Op, np.ndarray], np.ndarray] | None = None
    products: Products | None = None
    matrices: tuple[Matrix, ...] = ()
    table: int | None = None
    negligible: Callable[[Op, str], float] | None = None
    by_element: bool = False
    restated: Callable[[Op, Steps], list[Op] | None] | None = None
    states: dict[int, StateGrid] = field(default_factory=dict)
    trajectory: Callable[[Op, Sequence[np.ndarray | None]], dict[int, np.ndarray]] | None = None
    integer_form: Callable[[Op], tuple[str, dict[str, Any]] | None] = lambda op: None
    half: tuple[int, ...] = ()
    packed_form: Callable[[Op], tuple[str, dict[str, Any]]] | None = None
    defaults_absent: bool = False
    states_absent: bool = False
    role: Role | None = None
    affine_form: Callable[[np.ndarray, np.ndarray], tuple[list[np.ndarray], dict[str, Any]]] | None = None


#: BuiltinOperator of operators that the file names; in the graph, one that has no row here is called "custom".
CUSTOM_CODE, CUSTOM = 32, "custom"

_ROW = re.compile(
    r'^(?:OP\((\w+),\s*(\d+),\s*(\d+),\s*(\w+)|CUSTOM_OP\((\w+),\s*"([^"]+)"),\s*"([^"]*)"\)', re.MULTILINE
)
_OPERAND = re.compile(r"(?:\[(.)\]|(.))(\*?)")


def _parse_signature(text: str) -> Signature:
    operands, version = text.split("@")
    inputs, outputs = operands.split(">")
    parsed = tuple(
        (TYPE_CODES[optional or code], bool(optional), bool(star))
        for optional, code, star in _OPERAND.findall(inputs.replace(",", ""))
    )
    results = tuple(TYPE_CODES[optional or code] for optional, code, _ in _OPERAND.findall(outputs))
    return Signature(parsed, results, int(version), outputs.endswith("*"), "[" in outputs)


def schema_path(name: str) -> Path:
    """A file of ``schema/``: beside the package when installed, in the source tree when running from it."""
    installed = Path(__file__).parent / "schema" / name
    return installed if installed.exists() else Path(__file__).parents[2] / "schema" / name


@cache
def rows() -> dict[str, Row]:
    """Every row of ``schema/ops.def`` by name, in the file's order."""
    table = {}
    for name, code, version, options, custom, custom_code, signatures in _ROW.findall(
        schema_path("ops.def").read_text()
    ):
        parsed = tuple(_parse_signature(s) for s in signatures.split())
        if custom:
            table[custom] = Row(custom, custom, CUSTOM_CODE, 1, None, parsed, custom_code)
        else:
            own = name.rstrip("_")
            table[own] = Row(own, name, int(code), int(version), None if options == "None" else options, parsed)
    return table


@cache
def custom_rows() -> dict[str, str]:
    """Name in the file → name of the row, of the custom operators that have one."""
    return {row.custom_code: row.name for row in rows().values() if row.custom_code is not None}


def title(op: Op) -> str:
    """The operator's name for people: a custom one without a row goes by its name in the file."""
    return f"custom {op.attrs['custom_code']!r}" if op.name == CUSTOM and "custom_code" in op.attrs else op.name


def describe(row: Row) -> list[str]:
    """The operand types of a row, ``int8 int8 [int32] → int8``; signatures that differ in one type T are one entry."""
    patterns: dict[str, list[str]] = {}
    for signature in row.signatures:
        own = (signature.outputs or ("",))[0]
        pattern = next((p for p in patterns if p.replace("T", own) == _text(signature)), _text(signature, own))
        patterns.setdefault(pattern, []).append(own)
    return [
        f"{pattern} (T: {' '.join(types)})" if len(types) > 1 else pattern.replace("T", types[0])
        for pattern, types in patterns.items()
    ]


def _text(signature: Signature, placeholder: str | None = None) -> str:
    """``int8 [int32] → int8``; the dtype ``placeholder`` is written T."""

    def letter(dtype: str) -> str:
        return "T" if dtype == placeholder else dtype

    inputs = [
        (f"[{letter(d)}]" if optional else letter(d)) + "…" * repeated for d, optional, repeated in signature.inputs
    ]
    results = [f"[{letter(d)}]" if signature.optional_result else letter(d) for d in signature.outputs]
    return f"{' '.join(inputs)} → {' '.join(results)}{'…' * signature.several}".strip()


@cache
def declaration(name: str) -> Declaration:
    """The declaration of operator ``name``; GraphError when the table has no such row."""
    if name not in rows():
        raise GraphError(f"'{name}' is not an operator of schema/ops.def")
    decl: Declaration = importlib.import_module(f"arenite.ops.{name}").OP
    return decl


def matching_signature(op: Op) -> Signature | None:
    """The signature that this operator's operand dtypes fit, or None."""
    inputs = [None if value is None else value.dtype for value in op.inputs]
    outputs = [value.dtype for value in op.outputs]
    return next((s for s in rows()[op.name].signatures if s.accepts(inputs, outputs)), None)


def attribute(op: Op, name: str) -> Any:
    """Attribute ``name`` of the operator, or its declared default."""
    return op.attrs[name] if name in op.attrs else declaration(op.name).attrs[name]


def constant_data(op: Op, index: int, what: str) -> np.ndarray:
    """The data of operand ``index``, ``what`` in the GraphError that says it is computed."""
    data = op.operand(index).data
    if data is None:
        raise GraphError(f"the {what} of {op.name} must be a constant")
    return data


def resolved_axis(axis: int, rank: int) -> int:
    """``axis`` in [0, rank), counted from the end when negative; GraphError when out of range."""
    if not -rank <= axis < rank:
        raise GraphError(f"axis {axis} is not one of {rank} dimensions")
    return axis % rank


def data_operands(op: Op) -> list[tuple[int, Value]]:
    """(index, value) of the operands that carry activations and are present."""
    indices = declaration(op.name).data
    return [(i, value) for i, value in enumerate(op.inputs) if value is not None and (indices is None or i in indices)]


@cache
def data_dtypes(name: str) -> list[str]:
    """The dtypes that the first data operand of operator ``name`` may have, in the order of the table; none without a case."""
    if declaration(name).case is None:
        return []
    first = (declaration(name).data or (0,))[0]
    given = [signature.inputs[first][0] for signature in rows()[name].signatures if signature.inputs]
    dtypes = [d for dtype in given for d in (TYPE_CODES.values() if dtype == ANY else [dtype])]
    return [dtype for dtype in dict.fromkeys(dtypes) if dtype not in (ANY, WHOLE, RESOURCE, *CONSTANT_ONLY)]


@cache
def case_dtypes(name: str) -> list[str]:
    """What ``case`` of operator ``name`` takes: ``data_dtypes``, and ``"int8/int4"`` where weights have a type of their own."""
    decl = declaration(name)
    weight = weight_operand(name)
    if weight is None:
        return data_dtypes(name)
    first = (decl.data or (0,))[0]
    pairs = ((s.inputs[first][0], s.inputs[weight][0]) for s in rows()[name].signatures)
    return list(dict.fromkeys(d if w in (d, weight_dtype(d)) else f"{d}/{w}" for d, w in pairs))


def weight_operand(name: str) -> int | None:
    """The operand whose dtype tells one kernel from another beside that of the data: weights, the first ones of several."""
    decl = declaration(name)
    if (place := decl.weight or decl.factor) is not None:
        return place[0]
    return decl.matrices[0].index if decl.matrices else None


@cache
def name_of(role: Role) -> str:
    """The operator that passes create for ``role``."""
    return next(name for name in rows() if declaration(name).role is role)
