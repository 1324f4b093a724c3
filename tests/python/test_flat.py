"""schema/arenite.fbs against TensorFlow's generated code, format.h and ops.def; the generic reader and serializer."""

from __future__ import annotations

import importlib.util
import re
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from arenite import flat, opdef
from arenite.errors import GraphError, ModelError

ROOT = Path(__file__).parents[2]
SCHEMA = flat.schema()
UNION_MEMBERS = [(u, m) for u in ("BuiltinOptions", "BuiltinOptions2") for m in SCHEMA.unions[u][1:]]


@pytest.fixture(scope="module")
def generated() -> ModuleType:
    """TensorFlow's code for the same format, loaded alone: importing tensorflow takes seconds."""
    package = importlib.util.find_spec("tensorflow")
    if package is None or not package.submodule_search_locations:
        pytest.skip("tensorflow is not installed")
    file = Path(package.submodule_search_locations[0]) / "lite" / "python" / "schema_py_generated.py"
    spec = importlib.util.spec_from_file_location("schema_py_generated", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def slots(table: str) -> int:
    fields = SCHEMA.tables[table].values()
    return len(fields) + sum(field.type in SCHEMA.unions for field in fields)


BUILDER_METHODS = {"byte": "Int8", "ubyte": "Uint8", "int": "Int32", "int32": "Int32", "uint": "Uint32", "uint32": "Uint32",
                   "long": "Int64", "ulong": "Uint64", "float": "Float32", "bool": "Bool"}  # fmt: skip


def recorder(calls: list[tuple[str, tuple[Any, ...]]]) -> SimpleNamespace:
    """A builder that notes which kind of slot it is asked for."""
    kinds = {*BUILDER_METHODS.values(), "UOffsetTRelative"}
    return SimpleNamespace(**{f"Prepend{k}Slot": lambda *arguments, k=k: calls.append((k, arguments)) for k in kinds})


def test_tables_equal_tensorflows(generated: ModuleType) -> None:
    """Every field has TensorFlow's slot, stored type and default; no table lacks a field."""
    for table, fields in SCHEMA.tables.items():
        for field in (f for f in fields.values() if not f.deprecated):
            calls: list[tuple[str, tuple[Any, ...]]] = []
            getattr(generated, f"{table}Add{camel(field.name)}")(recorder(calls), 0)
            [(kind, (slot, _, default))] = calls
            scalar = None if field.vector else SCHEMA.scalar_type(field.type)
            assert kind == (BUILDER_METHODS[scalar] if scalar else "UOffsetTRelative"), (table, field)
            assert (slot, default) == (field.slot, field.default), (table, field)


def test_no_table_lacks_a_field(generated: ModuleType) -> None:
    for table in SCHEMA.tables:
        counted: list[int] = []
        getattr(generated, f"{table}Start")(SimpleNamespace(StartObject=counted.append))
        assert counted == [slots(table)], table


def test_enums_and_unions_equal_tensorflows(generated: ModuleType) -> None:
    unions = {name: {m: i for i, m in enumerate(members)} for name, members in SCHEMA.unions.items()}
    enums = {name: enum.values for name, enum in SCHEMA.enums.items()}
    for name, values in {**unions, **enums}.items():
        theirs = {k: v for k, v in vars(getattr(generated, name)).items() if isinstance(v, int) and k[0] != "_"}
        assert values == theirs, name
    classes = {n for n, c in vars(generated).items() if isinstance(c, type) and not hasattr(c, "InitFromPackedBuf")}
    assert classes == {*enums, *unions, *SCHEMA.tables}


def example(field: flat.Field) -> Any:
    """A value that differs from the field's default, without using TensorFlow's code."""
    if field.type in SCHEMA.enums:
        names = [n for n, v in SCHEMA.enums[field.type].values.items() if v != field.default] or ["FLEXBUFFERS"]
        return names[-1:] if field.vector else names[-1]
    if field.type == "string":
        return "text"
    scalar = SCHEMA.scalar_type(field.type)
    assert scalar is not None
    if field.vector:
        return np.array([1, 0, 1] if scalar == "bool" else [1, 2, 3], flat.SCALARS[scalar])
    return not field.default if scalar == "bool" else 1.5 if scalar == "float" else 77


@pytest.mark.parametrize(("union", "member"), UNION_MEMBERS, ids=lambda v: v)
def test_options_written_here_are_read_by_tensorflow(generated: ModuleType, union: str, member: str) -> None:
    values = {f.name: example(f) for f in SCHEMA.tables[member].values() if not f.deprecated}
    field = "builtin_options" if union == "BuiltinOptions" else "builtin_options_2"
    content = flat.serialize({"version": 3, "subgraphs": [{"operators": [{field: (member, values)}]}]})
    operator = generated.ModelT.InitFromPackedBuf(content).subgraphs[0].operators[0]
    options = operator.builtinOptions if union == "BuiltinOptions" else operator.builtinOptions2
    assert type(options).__name__ == member + "T"
    ours = dict(flat.read(content)["subgraphs"][0]["operators"][0][field][1].fields())
    for name, value in values.items():
        theirs = getattr(options, camel(name)[0].lower() + camel(name)[1:])
        np.testing.assert_equal(ours[name], value)
        np.testing.assert_equal(theirs, stored(SCHEMA.tables[member][name], value))


def stored(field: flat.Field, value: Any) -> Any:
    """What TensorFlow's object API shows for a value."""
    if field.type in SCHEMA.enums:
        numbers = SCHEMA.enums[field.type].values
        return [numbers[v] for v in value] if field.vector else numbers[value]
    return value.encode() if isinstance(value, str) else value


# --- other lists of the same facts ----------------------------------------------------------------------------------
def format_h() -> dict[str, dict[str, int]]:
    text = re.sub(r"//[^\n]*", "", (ROOT / "schema" / "format.h").read_text())
    found = re.findall(r"namespace (\w+) \{\s*constexpr u?int32_t ([^;]*);\s*\}", text)
    return {name: {k: int(v) for k, v in re.findall(r"(\w+) = (-?\d+)", body)} for name, body in found}


def test_format_h_says_the_same() -> None:
    """Everything that format.h lists: a table with all its fields but deprecated ones, an enum with all its values."""
    constants = format_h()
    assert len(constants) > 60 and {"Model", "Tensor", "Conv2DOptions", "Padding", "BuiltinOptions"} <= set(constants)
    for name, values in constants.items():
        if name in SCHEMA.tables:
            expected = {f.name: f.slot for f in SCHEMA.tables[name].values() if not f.deprecated}
            expected |= {f.name + "_type": f.slot - 1 for f in SCHEMA.tables[name].values() if f.type in SCHEMA.unions}
        elif name in SCHEMA.unions:
            expected = {member: number for number, member in enumerate(SCHEMA.unions[name])}
        else:
            expected = SCHEMA.enums[name].values
        assert values == expected, name


def test_operator_table_says_the_same() -> None:
    for row in opdef.rows().values():
        name = row.name if row.custom_code is None else opdef.CUSTOM
        assert SCHEMA.enums["BuiltinOperator"].values[name.upper()] == row.code
        assert row.options is None or row.options in SCHEMA.unions["BuiltinOptions"]


# --- reading and writing --------------------------------------------------------------------------------------------
def model_with(data: np.ndarray) -> dict[str, Any]:
    return {"version": 3, "buffers": [{}, {"data": data}], "description": "odd length"}


@pytest.mark.parametrize("length", [1, 2, 3, 15, 16, 17, 1000])
def test_buffers_are_aligned_to_16_bytes(length: int) -> None:
    data = np.arange(length, dtype=np.uint8)
    content = flat.serialize(model_with(data))
    view = flat.read(content)["buffers"][1]["data"]
    np.testing.assert_array_equal(view, data)
    address = view.__array_interface__["data"][0] - np.frombuffer(content, np.uint8).__array_interface__["data"][0]
    assert address % 16 == 0


def test_equal_parts_are_stored_once() -> None:
    def model(scales: list[float]) -> dict[str, Any]:
        tensors = [
            {"shape": [2, i], "quantization": {"scale": np.full(500, s, np.float32)}} for i, s in enumerate(scales)
        ]
        return {"version": 3, "subgraphs": [{"tensors": tensors}]}

    assert len(flat.serialize(model([1, 1, 1]))) < len(flat.serialize(model([1, 2, 3]))) - 2 * 2000


def test_defaults_take_no_room() -> None:
    def size(options: dict[str, Any]) -> int:
        return len(flat.serialize({"subgraphs": [{"operators": [{"builtin_options": ("Conv2DOptions", options)}]}]}))

    assert size({"padding": "SAME", "dilation_w_factor": 1, "stride_w": 0}) == size({})


def test_large_buffers_are_written_fast() -> None:
    """5 MB in well under a second (0.02 s alone on one core); lists of Python integers would take 5 s."""
    data = np.arange(5_000_000, dtype=np.uint32).astype(np.uint8)
    start = time.perf_counter()
    content = flat.serialize(model_with(data), capacity=data.size + 1000)
    assert time.perf_counter() - start < 0.5
    assert len(content) < data.size + 200


@pytest.mark.parametrize(
    ("root", "words"),
    [
        ({"versoin": 3}, "no field versoin"),
        ({"version": -1}, "Model.version cannot be -1"),
        ({"version": "3"}, "Model.version cannot be '3'"),
        ({"operator_codes": [{"builtin_code": "CONV_4D"}]}, "OperatorCode.builtin_code cannot be 'CONV_4D'"),
    ],
)
def test_values_that_do_not_fit_are_refused(root: dict[str, Any], words: str) -> None:
    with pytest.raises(GraphError, match=re.escape(words)):
        flat.serialize(root)


@pytest.mark.parametrize("content", [b"", b"TFL3", bytes(100), b"\x08\0\0\0TFL3", b"\xff\xff\xff\xffTFL3" + bytes(90)])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError):
        flat.read(content)


def test_overlapping_vectors_cannot_multiply() -> None:
    """Thousands of tables whose vectors all run to the end of the file: the bytes read stay below the file's."""
    content = bytearray(
        flat.serialize({"subgraphs": [{"tensors": [{"shape": np.arange(i + 1)} for i in range(4000)]}]})
    )
    tensors = flat.read(bytes(content))["subgraphs"][0]["tensors"]
    for tensor in tensors:
        place = tensor._file.follow(tensor._place(0))
        content[place : place + 4] = ((len(content) - place - 4) // 4).to_bytes(4, "little")
    with pytest.raises(ModelError, match="overlap"):
        [t["shape"] for t in flat.read(bytes(content))["subgraphs"][0]["tensors"]]
