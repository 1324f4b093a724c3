"""The files made for each model: its bytes as an array, a header of facts, its resolver, and a test of itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from string import Template

import numpy as np

from ..errors import DataError, ModelError
from ..inspection import Inspection, TensorInfo, inspect
from ..opdef import rows
from ..runtime import Interpreter
from .templates import template

_CPP_TYPES = {"float32": "float", "bool": "bool"}
_BYTES_PER_LINE = 20
#: float outputs are compared in this many first elements; exp and the like may differ in the last bit between C libraries
COMPARED_FLOATS = 8
_FNV_OFFSET, _FNV_PRIME = 0x811C9DC5, 0x01000193
_KEYWORD = re.compile(
    "alignas|alignof|and|and_eq|asm|auto|bitand|bitor|bool|break|case|catch|char|char16_t|char32_t|class|compl"
    "|const|constexpr|const_cast|continue|decltype|default|delete|do|double|dynamic_cast|else|enum|explicit|export"
    "|extern|false|float|for|friend|goto|if|inline|int|long|mutable|namespace|new|noexcept|not|not_eq|nullptr"
    "|operator|or|or_eq|private|protected|public|register|reinterpret_cast|return|short|signed|sizeof|static"
    "|static_assert|static_cast|struct|switch|template|this|thread_local|throw|true|try|typedef|typeid|typename"
    "|union|unsigned|using|virtual|void|volatile|wchar_t|while|xor|xor_eq"
)


@dataclass(frozen=True)
class ExportedModel:
    """A model that goes into a tree.

    name     identifier: C++ namespace, prefix of files.
    classes  names of the classes of the first output, in order, or none.
    """

    name: str
    content: bytes
    classes: Sequence[str] = ()
    facts: Inspection = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", inspect(self.content))
        if self.facts.problem is not None:
            raise ModelError(f"model '{self.name}' cannot be exported, it does not run here: {self.facts.problem}")
        self._check_classes()

    @property
    def kernels(self) -> set[str]:
        """Rows of ``schema/ops.def`` that the model needs."""
        return {operator.name for operator in self.facts.operators}

    @property
    def arena_bytes(self) -> int:
        assert self.facts.arena is not None
        return self.facts.arena.used

    def _check_classes(self) -> None:
        known = self.facts.outputs[0].shape[-1:] if self.facts.outputs else ()
        if self.classes and known != (len(self.classes),):
            raise DataError(
                f"{len(self.classes)} class names are given, but the last axis of model '{self.name}'s first output "
                f"has length {known[0] if known else 1}: give one name for each"
            )


def identifier(text: str) -> str:
    """``text`` as a C++ identifier: ``my-model 2`` → ``my_model_2``."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII).strip("_") or "model"
    return f"_{name}"[not name[0].isdigit() :] if not _KEYWORD.fullmatch(name) else f"{name}_"


def files(model: ExportedModel) -> dict[str, str]:
    """File name → text."""
    values = {
        "name": model.name,
        "guard": model.name.upper(),
        "size": str(len(model.content)),
        "arena": str(model.arena_bytes),
        "tensors": "\n".join([*_tensors("input", model.facts.inputs), *_tensors("output", model.facts.outputs)]),
        "classes": _classes(model.classes),
        "bytes": _bytes(model.content),
        "kernels": "\n".join(f"    &arenite::kernels::{rows()[name].symbol}," for name in sorted(model.kernels)),
        "first": "kKernels" if model.kernels else "nullptr",
        "kernel_count": str(len(model.kernels)),
        "expected": _expected(model),
    }
    names = ("_model.h", "_model.cc", "_self_test.h", "_self_test.cc")
    return {f"{model.name}{name}": Template(template(f"model/{name}.in")).substitute(values) for name in names}


def c_array(model: ExportedModel) -> dict[str, str]:
    """The model's bytes alone, as C: for a project that builds Arenite by itself, or another runtime."""
    values = {"name": model.name, "guard": model.name.upper(), "bytes": _bytes(model.content)}
    values |= {"size": str(len(model.content)), "arena": str(model.arena_bytes)}
    return {
        f"{model.name}_model{end}": Template(template(f"c/_model{end}.in")).substitute(values) for end in (".h", ".c")
    }


def _bytes(content: bytes) -> str:
    lines = (content[i : i + _BYTES_PER_LINE] for i in range(0, len(content), _BYTES_PER_LINE))
    return "\n".join("    " + " ".join(f"{byte}," for byte in line) for line in lines)


def _tensors(kind: str, tensors: Sequence[TensorInfo]) -> list[str]:
    return [_tensor(f"{kind}{i}", tensor) for i, tensor in enumerate(tensors)]


def _tensor(namespace: str, tensor: TensorInfo) -> str:
    shape = ", ".join(map(str, tensor.shape))
    lines = [f"namespace {namespace} {{  // '{_plain(tensor.name)}'"]
    lines += [f"using Type = {_CPP_TYPES.get(tensor.dtype, f'{tensor.dtype}_t')};"]
    lines += [f"constexpr int32_t kShape[] = {{{shape}}};"] if tensor.shape else []
    lines += [f"constexpr int32_t kRank = {len(tensor.shape)};"]
    lines += [f"constexpr size_t kCount = {int(np.prod(tensor.shape, dtype=np.int64))};"]
    if tensor.scale:
        lines += [f"constexpr float kScale = {tensor.scale!r}f;  // real = (code - kZeroPoint) * kScale"]
        lines += [f"constexpr int32_t kZeroPoint = {tensor.zero_point};"]
    return "\n".join([*lines, f"}}  // namespace {namespace}\n"])


def _plain(text: str) -> str:
    """Without what would end a comment or continue it on the next line."""
    return "".join(c if c.isprintable() and c != "\\" else "?" for c in text)


def _classes(names: Sequence[str]) -> str:
    if not names:
        return ""
    entries = [identifier(name) for name in names]
    if len(set(entries)) != len(entries):
        raise DataError(f"class names must differ as C++ identifiers; they are {', '.join(entries)}")
    texts = ", ".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names)
    return (
        "// Index along the last axis of output 0.\n"
        f"enum class Class : int32_t {{ {', '.join(entries)} }};\n"
        f"constexpr const char* kClassNames[] = {{{texts}}};\n"
    )


# --- the self-test ----------------------------------------------------------------------------------------------------
def _expected(model: ExportedModel) -> str:
    """What each output is for the inputs that the self-test makes, computed by the interpreter on this machine."""
    interpreter = Interpreter(model_content=model.content)
    interpreter.allocate_tensors()
    inputs = self_test_inputs(model.facts.inputs)
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    outputs = [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
    return "\n".join(_expected_output(output) for output in outputs)


def _expected_output(output: np.ndarray) -> str:
    if output.dtype == np.float32:
        first = [float(v) for v in output.reshape(-1)[:COMPARED_FLOATS]]
        if np.all(np.isfinite(first)):
            return f"    {{0, {len(first)}, {{{', '.join(f'{v!r}f' for v in first)}}}}},"
        return "    {0, 0, {}},"
    return f"    {{{fnv1a(output.tobytes()):#010x}u, 0, {{}}}},"


def fnv1a(content: bytes) -> int:
    """32-bit FNV-1a, as ``_self_test.cc`` computes it."""
    value = _FNV_OFFSET
    for byte in content:
        value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return value


def self_test_inputs(tensors: Sequence[TensorInfo]) -> list[np.ndarray]:
    """The arrays that ``_self_test.cc`` makes: the top bytes of a linear congruential generator that goes on from input to
    input; zeros for integers that may be indices or lengths, multiples of 1/128 in [-1, 1) for float32."""
    state, arrays = 1, []
    for tensor in tensors:
        count = int(np.prod(tensor.shape, dtype=np.int64))
        draws = np.zeros(count, np.int64)
        if tensor.dtype in ("int8", "uint8", "int16", "float32"):
            for i in range(count):
                state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
                draws[i] = state >> 24
        arrays.append(_as_dtype(draws, tensor.dtype).reshape(tensor.shape))
    return arrays


def _as_dtype(draws: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "float32":
        return ((draws - 128) / 128).astype(np.float32)
    return draws.astype(np.uint8).astype(np.int8).astype(dtype) if dtype in ("int8", "int16") else draws.astype(dtype)
