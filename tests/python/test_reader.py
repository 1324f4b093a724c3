"""Files of LiteRT's converter, files with operators that have no kernel here, and files that nobody should have written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from arenite import flat
from arenite.errors import ModelError, UnsupportedError
from arenite.reader import read
from arenite.text import parse, to_text
from arenite.writer import write

SMALL = """
metadata "note" b"abc"
%x: int8[1,4,4,2] q(0.05, -3) = input "image"
%w: int8[3,3,3,2] q([0.01, 0.02, 0.03], axis=0) = const random(1)
%b: int32[3] = const [10, -20, 30]
%c: int8[1,4,4,3] q(0.25, 5) = conv_2d(%x, %w, %b) {padding="SAME", stride_w=1, stride_h=1}
%s: int32[2] = const [1, 48]
%y: int8[1,48] q(0.25, 5) = reshape(%c, %s)
return %y "scores"
"""


# --- files of LiteRT's converter ------------------------------------------------------------
def convert_with_litert(quantize: bool) -> bytes:
    tf = pytest.importorskip("tensorflow")
    tf.keras.utils.set_random_seed(1)
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((8, 8, 3), batch_size=1, name="image"),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.DepthwiseConv2D(3, strides=2),
            layers.Reshape((36,)),
            layers.Dense(5, activation="softmax"),
        ]
    )
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantize:
        samples = np.random.default_rng(0).standard_normal((8, 1, 8, 8, 3)).astype(np.float32)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def run(content: bytes, seed: int) -> list[bytes]:
    """Output bytes of LiteRT for random inputs."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    kernels = litert.OpResolverType.BUILTIN_REF
    interpreter = litert.Interpreter(model_content=content, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    rng = np.random.default_rng(seed)
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], (50 * rng.standard_normal(detail["shape"])).astype(detail["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]).tobytes() for detail in interpreter.get_output_details()]


@pytest.mark.parametrize("quantize", [False, True], ids=["float32", "int8"])
def test_a_converted_file_runs_the_same_after_reading_and_writing(quantize: bool) -> None:
    content = convert_with_litert(quantize)
    graph = read(content)
    assert [op.name for op in graph.ops] == ["conv_2d", "depthwise_conv_2d", "reshape", "fully_connected", "softmax"]
    assert graph.ops[0].attrs["padding"] == "SAME" and graph.ops[1].attrs["stride_w"] == 2
    assert (graph.inputs[0].quant is not None) == quantize
    rewritten = write(graph)
    for seed in range(5):
        assert run(rewritten, seed) == run(content, seed)
    assert len(rewritten) < len(content)
    assert write(read(rewritten)) == rewritten


# --- anything sound is readable ---------------------------------------------------------------
def dictionary(record: flat.Record) -> dict[str, Any]:
    """A record as what ``flat.serialize`` takes."""

    def plain(value: Any) -> Any:
        if isinstance(value, flat.Record):
            return dictionary(value)
        if isinstance(value, tuple):
            return value[0], dictionary(value[1])
        return [plain(item) for item in value] if isinstance(value, list) else value

    return {name: plain(value) for name, value in record.fields()}


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The small model after ``change`` of its tables."""
    root = dictionary(flat.read(write(parse(SMALL))))
    change(root)
    return flat.serialize(root)


def subgraph(root: dict[str, Any]) -> dict[str, Any]:
    graph: dict[str, Any] = root["subgraphs"][0]
    return graph


def tensor(root: dict[str, Any], name: str) -> dict[str, Any]:
    return next(t for t in subgraph(root)["tensors"] if t["name"] == name)


def set_operator(root: dict[str, Any], code: str, **fields: Any) -> None:
    root["operator_codes"][0].update(builtin_code=code, deprecated_builtin_code=0)
    subgraph(root)["operators"][0].update({"builtin_options": None, **fields})


def test_nothing_changed_reads_as_before() -> None:
    assert to_text(read(changed(lambda root: None))) == to_text(read(write(parse(SMALL))))


@pytest.mark.parametrize(
    ("code", "fields", "name", "attrs"),
    [
        ("BUCKETIZE", {"builtin_options": ("BucketizeOptions", {"boundaries": [1, 2]})},
         "bucketize", {"boundaries": [1, 2]}),
        ("HASHTABLE", {"builtin_options": ("HashtableOptions", {"key_dtype": "INT8"})},
         "hashtable", {"table_id": 0, "key_dtype": "INT8", "value_dtype": "FLOAT32"}),
        ("REDUCE_WINDOW", {"builtin_options_2": ("ReduceWindowOptions", {"reduce_function": "ADD"})},
         "reduce_window", {"reduce_function": "ADD"}),
        ("RFFT2D", {}, "rfft2d", {}),
        ("CUSTOM", {"custom_options": np.array([1, 2], np.uint8)},
         "custom", {"custom_code": "Mine", "custom_options": b"\x01\x02"}),
    ],
)  # fmt: skip
def test_operators_without_a_kernel_are_readable(code: str, fields: dict[str, Any], name: str, attrs: object) -> None:
    def change(root: dict[str, Any]) -> None:
        set_operator(root, code, **fields)
        root["operator_codes"][0]["custom_code"] = "Mine" if code == "CUSTOM" else None

    op = read(changed(change)).ops[0]
    assert (op.name, op.attrs) == (name, attrs)
    if name == "custom":  # whoever runs it may bring a kernel
        assert read(write(read(changed(change)))).ops[0].attrs == attrs
        return
    with pytest.raises(UnsupportedError, match=f"'{name}'"):
        write(read(changed(change)))


def test_codes_of_old_files_stand_in_the_byte_field() -> None:
    def change(root: dict[str, Any]) -> None:
        set_operator(root, "ADD")
        root["operator_codes"][0]["deprecated_builtin_code"] = 97

    assert read(changed(change)).ops[0].name == "resize_nearest_neighbor"


def test_old_files_without_names_signatures_and_zero_points() -> None:
    def change(root: dict[str, Any]) -> None:
        root.update(signature_defs=None, metadata=None, description=None)
        for t in subgraph(root)["tensors"]:
            t["name"] = None
            t["quantization"] = t["quantization"] and {**t["quantization"], "zero_point": None}

    graph = read(changed(change))
    assert graph.input_names == ["tensor_0"] and graph.metadata == {}
    weights = graph.ops[0].operand(1)
    assert weights.quant is not None and weights.quant.zero_point.tolist() == [0, 0, 0]


def test_one_zero_point_may_stand_for_all_channels() -> None:
    def change(root: dict[str, Any]) -> None:
        tensor(root, "w")["quantization"]["zero_point"] = [0]

    assert read(changed(change)).ops[0].operand(1).quant == read(write(parse(SMALL))).ops[0].operand(1).quant


def test_equal_names_are_told_apart() -> None:
    graph = read(changed(lambda root: tensor(root, "w").update(name="x")))
    assert [v.name for v in graph.values()][:3] == ["x", "x:1", "b"]


def test_user_names_follow_the_graphs_order_not_the_signatures() -> None:
    text = "%a: float32[1] = input\n%b: float32[2] = input\n%c: float32[1] = relu(%a)\nreturn %c, %b, %c"

    def change(root: dict[str, Any]) -> None:
        entries = [{"name": n, "tensor_index": i} for n, i in (("z", 2), ("y", 1), ("x", 2))]
        root["signature_defs"][0].update(outputs=entries, inputs=[{"name": "second", "tensor_index": 1}])

    root = dictionary(flat.read(write(parse(text))))
    change(root)
    graph = read(flat.serialize(root))
    assert graph.input_names == ["a", "second"] and graph.output_names == ["z", "y", "x"]


def test_constants_without_elements() -> None:
    text = "%x: float32[1] = input\n%s: int32[0] = const []\n%y: float32[] = reshape(%x, %s)\nreturn %y"
    graph = read(write(parse(text)))
    assert graph.ops[0].operand(1).is_constant
    np.testing.assert_array_equal(graph.ops[0].operand(1).data, np.empty(0, np.int32))


def test_an_arena_plan_follows_its_tensors() -> None:
    """The file's tensors stand in another order than ``graph.values()``; the plan's offsets must move with them."""
    shapes = {"y": [1, 48], "x": [1, 4, 4, 2], "c": [1, 4, 4, 3]}
    offsets = {"y": 0, "x": 64, "c": 128}

    def change(root: dict[str, Any]) -> None:
        graph = subgraph(root)
        graph["tensors"].reverse()
        count = len(graph["tensors"])
        for holder in (graph, *graph["operators"]):
            for kind in ("inputs", "outputs"):
                holder[kind] = [count - 1 - i for i in holder[kind]]
        plan = [1, 0, count, *(offsets.get(t["name"], -1) for t in graph["tensors"])]
        root["buffers"].append({"data": np.array(plan, "<i4").view(np.uint8)})
        root["metadata"].append({"name": "OfflineMemoryAllocation", "buffer": len(root["buffers"]) - 1})

    graph = read(changed(change))
    plan = np.frombuffer(graph.metadata["OfflineMemoryAllocation"], "<i4").tolist()
    values = list(graph.values())
    assert plan[:3] == [1, 0, len(values)]
    assert {v.name: o for v, o in zip(values, plan[3:], strict=True) if o >= 0} == offsets
    assert {v.name: list(v.shape) for v in values if v.name in offsets} == shapes


# --- what is not supported ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: tensor(r, "c").update(type="STRING"), "'c' has elements of type STRING"),
        (lambda r: tensor(r, "c").update(type="INT2"), "INT2"),
        (lambda r: tensor(r, "w").update(sparsity={"traversal_order": [0]}), "'w' is stored sparse"),
        (lambda r: tensor(r, "w").update(external_buffer=1), "another file"),
        (lambda r: r["buffers"][1].update(offset=1000, size=4), "2 GB"),
        (
            lambda r: tensor(r, "w")["quantization"].update(details=("BlockwiseQuantization", {})),
            "BlockwiseQuantization",
        ),
    ],
)
def test_what_the_graph_cannot_hold_is_unsupported(change: Callable[[dict[str, Any]], object], words: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        read(changed(change))
    assert words in str(caught.value)


# --- damaged files --------------------------------------------------------------------------------
def operator(root: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = subgraph(root)["operators"][0]
    return first


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.update(version=2), "schema version 2"),
        (lambda r: r.update(subgraphs=None), "no subgraph"),
        (lambda r: tensor(r, "w").update(buffer=99), "buffer 99 of"),
        (lambda r: tensor(r, "w").update(shape=[3, 3, 3, 3]), "needs 81 bytes, its buffer has 54"),
        (lambda r: tensor(r, "c").update(shape=[1, -4, 4, 3]), "malformed shape"),
        (lambda r: tensor(r, "c").update(shape=[1] * 9), "malformed shape"),
        (lambda r: tensor(r, "c").update(shape=[2**31 - 1] * 4), "exceeds 2 GB"),
        (lambda r: tensor(r, "c").update(shape=[2**31 - 1] * 3 + [0]), "exceeds 2 GB"),
        (lambda r: tensor(r, "x")["quantization"].update(scale=[np.nan]), "not finite and positive"),
        (lambda r: tensor(r, "x")["quantization"].update(scale=[0]), "not finite and positive"),
        (lambda r: tensor(r, "x")["quantization"].update(zero_point=[128]), "malformed zero points"),
        (lambda r: tensor(r, "w")["quantization"].update(zero_point=[0, 0]), "malformed zero points"),
        (lambda r: tensor(r, "w")["quantization"].update(zero_point=[0, 1, 0]), "zero points other than 0"),
        (lambda r: tensor(r, "w")["quantization"].update(quantized_dimension=4), "3 scales along dimension 4"),
        (lambda r: tensor(r, "w")["quantization"].update(quantized_dimension=3), "3 scales along dimension 3"),
        (lambda r: tensor(r, "w")["quantization"].update(quantized_dimension=-1), "along dimension -1"),
        (lambda r: operator(r).update(opcode_index=9), "operator code 9 of 2"),
        (lambda r: operator(r).update(inputs=[0, 1, 77]), "operands of conv_2d refer to tensor 77"),
        (lambda r: operator(r).update(inputs=[0, 1, -2]), "tensor -2"),
        (lambda r: operator(r).update(outputs=[-1]), "results of conv_2d refer to tensor -1"),
        (lambda r: operator(r).update(outputs=[1]), "writes the constant 'w'"),
        (lambda r: operator(r).update(outputs=[0]), "'x' is produced twice"),
        (lambda r: tensor(r, "c").update(is_variable=True), "'c' is produced twice"),
        (lambda r: tensor(r, "w").update(is_variable=True), "variable 'w' is a constant"),
        (lambda r: tensor(r, "x").update(is_variable=True), "variable 'x' is an input"),
        (lambda r: subgraph(r)["operators"].reverse(), "before it is produced"),
        (lambda r: subgraph(r).update(operators=None), "never produced"),
        (lambda r: subgraph(r).update(inputs=[1]), "input 'w' is a constant"),
        (lambda r: subgraph(r).update(outputs=[50]), "the graph's outputs refer to tensor 50"),
        (lambda r: r["metadata"][0].update(buffer=50), "buffer 50"),
        (lambda r: r["metadata"][0].update(name="OfflineMemoryAllocation"), "arena plan does not fit"),
    ],
)
def test_damage_is_a_modelerror_that_says_what(change: Callable[[dict[str, Any]], object], words: str) -> None:
    with pytest.raises(ModelError) as caught:
        read(changed(change))
    assert words in str(caught.value)


def test_unknown_numbers_of_operators_and_types() -> None:
    content = bytearray(write(parse(SMALL)))
    record = flat.read(bytes(content))["operator_codes"][0]
    content[record._place(3)] = 255
    with pytest.raises(ModelError, match="builtin_code is 255"):
        read(bytes(content))


def test_every_truncation_is_refused() -> None:
    content = write(parse(SMALL))
    for length in range(0, len(content) - 16, 7):
        with pytest.raises(ModelError):
            read(content[:length])


def test_many_operators_cannot_share_one_endless_operand_list() -> None:
    root = dictionary(flat.read(write(parse(SMALL))))
    reshape = subgraph(root)["operators"][1]
    subgraph(root)["operators"] = [operator(root)] + [{**reshape, "inputs": [0] * 3000}] * 1
    content = bytearray(flat.serialize(root))
    assert len(content) < 20_000
    with pytest.raises(ModelError, match="more operands"):
        read(repeat_last_operator(bytes(content), 2000))


def repeat_last_operator(content: bytes, times: int) -> bytes:
    """The same file with its last operator ``times`` times more (its vectors stay stored once)."""
    root = dictionary(flat.read(content))
    operators = subgraph(root)["operators"]
    operators += [operators[-1]] * times
    return flat.serialize(root)


@pytest.mark.parametrize("options", ["BatchToSpaceNDOptions", "AddOptions"])
def test_options_of_another_operator_are_refused(options: str) -> None:
    with pytest.raises(ModelError, match=f"an operator conv_2d has {options}"):
        read(changed(lambda root: operator(root).update(builtin_options=(options, {}))))
