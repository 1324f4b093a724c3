"""``arenite.compare`` as a debugger: who costs what, why, and how well the task is done."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import small_models
from typer.testing import CliRunner

import arenite
from arenite.cli import app
from arenite.comparison import tasks
from arenite.comparison.pairing import Layers
from arenite.comparison.parts import cut
from arenite.errors import GraphError
from arenite.evaluate import dequantize
from arenite.one_operator import run_op
from arenite.reader import read
from arenite.text import parse
from arenite.writer import write

RNG = np.random.default_rng(6)
X = RNG.normal(size=(16, 4)).astype(np.float32)

#: the first layer's channels differ 60-fold, so the converter scales them.
UNEVEN = """
%x: float32[1,6] = input
%w: float32[8,6] = const random(1)
%b: float32[8] = const random(2)
%h: float32[1,8] = fully_connected(%x, %w, %b)
%r: float32[1,8] = relu(%h)
%v: float32[3,8] = const random(3)
%c: float32[3] = const random(4)
%y: float32[1,3] = fully_connected(%r, %v, %c)
return %y "y"
"""


@pytest.fixture(scope="module")
def mlp(tmp_path_factory: pytest.TempPathFactory) -> arenite.Comparison:
    path = tmp_path_factory.mktemp("float") / "float.tflite"
    path.write_bytes(small_models.float_mlp())
    return arenite.compare(path, small_models.int8_mlp(), X, peers=())


def test_the_error_alone_is_that_of_the_kernel_on_rounded_float_operands(mlp: arenite.Comparison) -> None:
    """By hand: the relu's operand from the float model, on its grid, through the relu's kernel."""
    exact, graph = read(small_models.float_mlp()), read(small_models.int8_mlp())
    weights, bias = (exact.ops[0].operand(i).data for i in (1, 2))
    assert weights is not None and bias is not None
    dense = X @ weights.T + bias
    relu, grid = graph.ops[1], graph.ops[1].operand(0).quant
    assert grid is not None and relu.output.quant is not None
    error = 0.0
    for row in dense:
        codes = np.clip(np.rint(row / grid.scale) + grid.zero_point, -128, 127).astype(np.int8)[None]
        (found,) = run_op(relu, [codes])
        error += float(np.square(dequantize(found, relu.output.quant) - np.maximum(row, 0)).sum())
    signal = float(np.square(np.maximum(dense, 0)).sum())
    assert mlp.layers[1].isolated_sqnr_db == pytest.approx(10 * np.log10(signal / error), abs=0.01)


def test_the_first_operator_has_no_error_before_it_but_the_inputs(mlp: arenite.Comparison) -> None:
    assert mlp.layers[0].sqnr_db == pytest.approx(mlp.layers[0].isolated_sqnr_db)
    (x,) = mlp.inputs
    assert x.place == "input 'x'" and x.sqnr_db == x.isolated_sqnr_db
    assert all(row.isolated_sqnr_db >= row.sqnr_db - 0.5 for row in mlp.layers if row.isolated_sqnr_db is not None)


def test_shares_are_of_one_whole_and_rank_the_rows(mlp: arenite.Comparison) -> None:
    shares = [row.share for row in mlp.ranking]
    assert sum(share or 0 for share in shares) == pytest.approx(1)
    assert shares == sorted(shares, key=lambda share: -(share or 0))
    assert {row.operator for row in mlp.ranking[:2]} == {"input", "fully_connected"}  # whose steps are 0.5 and 0.75


def test_costs_predict_the_output(mlp: arenite.Comparison) -> None:
    """Noise that adds up: all rows' costs together are the noise that the whole file has at its output, within 3 dB."""
    predicted = -10 * np.log10(sum(row.cost or 0 for row in mlp.ranking))
    assert mlp.ours.sqnr_db == pytest.approx(predicted, abs=3)


def test_scaled_channels_are_compared_in_the_users_units() -> None:
    graph = parse(UNEVEN)
    weights = graph.ops[0].operand(1)
    assert weights.data is not None
    weights.data = weights.data * np.geomspace(1, 1 / 60, 8, dtype=np.float32)[:, None]
    graph.ops[0].operand(2).data = graph.ops[0].operand(2).data * np.geomspace(1, 1 / 60, 8, dtype=np.float32)  # type: ignore[operator]
    data = RNG.normal(size=(100, 6)).astype(np.float32)
    file = arenite.convert(graph, "int8", data)
    hidden = next(op.output.name for op in file.graph.ops if "_equalized" in op.output.name)
    found = _compare(write(graph), bytes(file.content), data)
    row = next(row for row in found.layers if row.tensor == hidden)
    assert found.unmatched_layers == 0
    assert row.sqnr_db > 30 and row.worst_abs_error < 0.1


def _compare(floating: bytes, model: bytes, data: np.ndarray, **options: object) -> arenite.Comparison:
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "float.tflite"
        path.write_bytes(floating)
        return arenite.compare(path, model, data, peers=(), **options)  # type: ignore[arg-type]


def test_advice_names_an_input_whose_features_differ() -> None:
    """As of a table of sugar and proline; training has found weights that make up for the sizes."""
    graph = parse(UNEVEN)
    sizes = np.array([1, 1, 1, 1, 1, 60], np.float32)
    data = RNG.normal(size=(100, 6)).astype(np.float32) * sizes
    graph.ops[0].operand(1).data = graph.ops[0].operand(1).data / sizes  # type: ignore[operator]
    found = _compare(write(graph), bytes(arenite.convert(graph, "int8", data).content), data)
    advice = found.advice[0]
    assert (advice.kind, advice.place) == ("uneven input", "input 'x'")
    assert "of 8 bits or fewer: features differ" in advice.text and "costs" in advice.text
    assert found.inputs[0].spread == pytest.approx(60, rel=0.4)


def test_advice_tells_ranges_that_are_too_narrow_and_too_wide() -> None:
    graph = parse(UNEVEN)
    data = RNG.normal(size=(100, 6)).astype(np.float32)
    file = bytes(arenite.convert(graph, "int8", data).content)
    beyond = _compare(write(graph), file, data * 3)
    assert "saturation" in {advice.kind for advice in beyond.advice}
    assert beyond.inputs[0].saturation == pytest.approx(np.mean(np.abs(data[:32] * 3) > np.abs(data).max()), abs=0.05)
    assert "empty range" in {advice.kind for advice in _compare(write(graph), file, data / 8).advice}


def test_channels_that_are_dead_in_float_are_told() -> None:
    graph = parse(UNEVEN)
    for index in (1, 2):
        value = graph.ops[0].operand(index)
        assert value.data is not None
        value.data = value.data.copy()
        value.data[3] = 0
    data = RNG.normal(size=(100, 6)).astype(np.float32)
    found = _compare(write(graph), write(graph), data)
    assert [row.dead_channels for row in found.layers if row.tensor == "r"] == [None]  # float: no grid
    assert found.ours.sqnr_db == float("inf") and not found.advice


def test_names_of_other_converters_lead_to_the_users_layers() -> None:
    layers = Layers(["stem", "act", "backbone/conv_1", "conv"])
    assert layers.of_name("functional_1/act_1/Relu;functional_1/stem_1/convolution") == "act"
    assert layers.of_name("model/backbone/conv_1/Conv2D") == "backbone/conv_1"
    assert layers.of_name("backbone_1/conv_1_2/Conv2D") == "backbone/conv_1"
    assert Layers().of_name("act/relu") == "act"


def test_a_part_needs_all_that_its_targets_read() -> None:
    graph = read(small_models.two_inputs())
    with pytest.raises(GraphError, match="'left' is needed and not given"):
        cut(graph, graph.inputs[:1], graph.outputs)
    assert len(cut(graph, graph.inputs, graph.outputs[:1]).ops) == 1


# --- tasks ----------------------------------------------------------------------------------------------------------------
def test_class_figures_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth = RNG.integers(0, 4, 200)
    scores = np.round(RNG.dirichlet(np.ones(4), 200) + 0.3 * np.eye(4)[truth], 1)
    scores /= scores.sum(axis=1, keepdims=True)
    task = tasks.judge("y", truth, scores, scores)
    taken = scores.argmax(axis=1)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, taken, average="macro")
    area = np.mean([metrics.roc_auc_score(truth == c, scores[:, c]) for c in range(4)])
    wanted = [metrics.accuracy_score(truth, taken), precision, recall, f1, area]
    np.testing.assert_allclose(list(task.ours.values()), wanted, rtol=1e-12)
    np.testing.assert_array_equal(task.confusion, metrics.confusion_matrix(truth, taken))
    x, y, _ = metrics.roc_curve(truth == 2, scores[:, 2], drop_intermediate=False)
    np.testing.assert_allclose([task.roc[2].false_positive, task.roc[2].true_positive], [x, y])
    assert tasks.judge("y", np.eye(4)[truth], scores, scores).ours == task.ours


def test_yes_or_no_and_numbers_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, logits = RNG.integers(0, 2, 100), RNG.normal(size=(100, 1))
    task = tasks.judge("y", truth, logits, logits)
    taken = logits[:, 0] > 0
    assert task.kind == "yes or no" and task.ours["f1"] == pytest.approx(metrics.f1_score(truth, taken))
    assert task.ours["auc"] == pytest.approx(metrics.roc_auc_score(truth, logits[:, 0]))
    target, found = RNG.normal(size=(100, 2)), RNG.normal(size=(100, 2))
    numbers = tasks.judge("y", target, found, found)
    assert numbers.kind == "numbers" and numbers.confusion is None
    assert numbers.ours["rmse"] == pytest.approx(np.sqrt(metrics.mean_squared_error(target, found)))
    single = tasks.judge("y", target[:, :1], found[:, :1], found[:, :1])
    assert single.ours["r2"] == pytest.approx(metrics.r2_score(target[:, 0], found[:, 0]))


def test_several_labels_at_once() -> None:
    truth = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]])
    scores = np.array([[0.9, 0.8, 0.1], [0.2, 0.4, 0.3], [0.1, 0.2, 0.6]])
    task = tasks.judge("y", truth, scores, scores)
    assert task.kind == "labels" and task.ours["accuracy"] == pytest.approx(7 / 9) and task.ours["recall"] == 0.75


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.full(16, 3), "reach from 3 to 3, it has 3 classes"),
        (
            np.full((16, 2), 0.5),
            r"float64\[16, 2\], expected integers \[16\]: one class per sample; or numbers \[16, 3\]",
        ),
        (np.array(["a"] * 16), "expected numbers"),
        ({"other": np.zeros(16)}, "labels for 'other', but the model's outputs are scores"),
    ],
)
def test_labels_that_do_not_fit(labels: object, words: str) -> None:
    with pytest.raises(arenite.DataError, match=words):
        _compare(small_models.float_mlp(), small_models.int8_mlp(), X, labels=labels)


# --- the command ----------------------------------------------------------------------------------------------------------
def test_a_limit_for_continuous_integration(tmp_path: Path) -> None:
    for name, content in (("float", small_models.float_mlp()), ("int8", small_models.int8_mlp())):
        (tmp_path / f"{name}.tflite").write_bytes(content)
    np.savez(tmp_path / "d.npz", x=X, labels_scores=np.arange(16) % 3)
    arguments = [
        "compare",
        *(str(tmp_path / n) for n in ("float.tflite", "int8.tflite")),
        "--data",
        str(tmp_path / "d.npz"),
    ]
    good = CliRunner().invoke(app, [*arguments, "--no-peers", "--fail-below", "5"])
    assert good.exit_code == 0 and "input 'x'" in good.stdout, good.output
    bad = CliRunner().invoke(app, [*arguments, "--no-peers", "--fail-below", "90", "--json"])
    found = json.loads(bad.stdout)
    assert bad.exit_code == 1 and found["failure"].endswith("--fail-below wants 90")
    assert found["tasks"][0]["output"] == "scores" and "input 'x'" in found["ranking"][:2]
    assert {"isolated_sqnr_db", "saturation", "channel_bits", "lost_channels", "share"} <= set(found["layers"][0])


def test_the_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell lines that need no Keras, no board and no HTML, with the file names that they use."""
    page = (Path(__file__).parents[2] / "docs" / "debugging.md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("arenite compare float.tflite")]
    for name, content in (("float", small_models.float_mlp()), ("model", small_models.int8_mlp())):
        (tmp_path / f"{name}.tflite").write_bytes(content)
    np.savez(tmp_path / "test.npz", x=X, y=np.arange(16) % 3)
    monkeypatch.chdir(tmp_path)
    assert lines
    for line in lines:
        result = CliRunner().invoke(app, line.replace("below 30", "below 15").split()[1:])
        assert result.exit_code == 0, result.output
    assert all(f"**{kind}" in page or f", {kind}**" in page for kind in ("uneven input", "saturation", "empty range"))
