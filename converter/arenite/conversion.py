"""``arenite.convert``: front end, passes, writer, and a report of what became of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from . import reader, writer
from .atomic import write_bytes
from .blas import one_blas_thread
from .errors import AreniteError, CalibrationError, ModelError, UnsupportedError
from .graph import Graph, Op
from .opdef import rows
from .packing import BITS
from .passes import EXACT, LEAN, TARGET, PassContext, run_passes
from .passes.calibrators import CALIBRATORS
from .passes.context import IMPROVEMENTS, Progress, RunOp
from .passes.layer_types import choose_types, require_layers
from .prediction import predict
from .price import exact_enough
from .report import Report, is_quantized, report_of

#: Schemes whose weights may be int4.
INT4_SCHEMES = ("int8", "dynamic")
#: Schemes with float32 activations → what their weights are.
FLOAT_SCHEMES = {"dynamic": "integer weights", "float16": "float16 weights"}
#: Custom operators whose codes begin so have kernels here only.
OWN_PREFIX = "ARENITE_"


@dataclass(frozen=True)
class Conversion:
    """A converted model.

    content      the bytes of the ``.tflite`` file.
    graph        what is in the file.   float_graph  the folded and fused float graph that it was quantized from.
    """

    content: bytes
    graph: Graph
    float_graph: Graph
    report: Report

    def save(self, path: Path | str) -> None:
        """Write the file, whole or not at all. Raises AreniteError when the place is not writable."""
        write_bytes(path, self.content)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data for JSON."""
        return self.report.to_dict()


@one_blas_thread()
def convert(
    model: Any,
    quantize: str | None = None,
    calibration: Any = None,
    *,
    shapes: Mapping[str, Sequence[int]] | None = None,
    batch: int = 1,
    io: str | None = None,
    weights: str | Mapping[str, str] | None = None,
    layers: Mapping[str, str] | None = None,
    min_sqnr: float | None = None,
    allow_float_fallback: bool = False,
    builtins_only: bool = False,
    fast: bool = False,
    calibrator: str = "minmax",
    samples: int | None = None,
    seed: int = 0,
    without: Sequence[str] = (),
    strip: bool = False,
    trust: bool = False,
    custom_objects: Mapping[str, Any] | None = None,
    signature: str | None = None,
    progress: Progress | None = None,
) -> Conversion:
    """Convert a model to a ``.tflite`` file that runs here, in LiteRT and in TFLite Micro.

    model           a Keras model, a ``.keras`` or ``.h5`` file, a SavedModel directory, a ``tf.function`` or concrete
                    function, a ``.tflite`` file, a factory as ``"module:function"``, or a float
                    :class:`~arenite.graph.Graph`.
    quantize        None: float32. "int8": integer arithmetic throughout. "16x8": the same with int16 activations, more
                    exact and slower. Both need ``calibration``, if the model is not of quantization-aware training.
                    "dynamic": float activations with integer weights, without calibration; TFLite Micro does not run such
                    files. "float16": weights of float16 beside float32 arithmetic, half the file; the same runs it.
    calibration     typical inputs, some hundred samples: one array, a list of arrays in the order of the model's inputs,
                    a dict by input name, an iterator of samples or a function that returns one, or any of
                    :func:`arenite.sources.open_data`. Iterators of any length take the same memory.
    shapes, batch   closed shapes by input name, and the size of an open batch dimension.
    io              dtype of the inputs and outputs of a quantized model: that of its activations ("int8", "int16"; None
                    too), "float32" (converted on the device), of int8 models also "uint8" (the same scale, zero point 128
                    higher) and "int16".
    weights         "int8" or "int4" for all layers, or layer pattern → dtype, as {"dense*": "int4"}; the last that fits
                    counts. For "int8" and "dynamic". With "int8" also "binary" and "ternary", for dense and convolution
                    layers whose weights are −s and s, or −s, 0 and s, in each output channel: they were trained so. None:
                    what the model was trained for (``arenite.qat``), else int8.
    layers          layer pattern → what it computes in, "int8", "int16", "float" or "int4", "binary", "ternary" (int8 with
                    such weights), where that is not what ``quantize`` says; the last that fits counts. Types change by
                    quantize operators. For "float16": layers whose weights stay float32, "float".
    min_sqnr        dB that each output of an int8 model must be predicted to have: the tensors that cost it most are given
                    sixteen bits until it has, and ``report.precision`` says what that costs. AreniteError when it never has.
    allow_float_fallback  operators without an integer kernel stay float in a quantized model, and the report names them;
                    without it such a model is refused.
    builtins_only   no operators of arenite's own, which LiteRT and TFLite Micro do not know: what other operators can
                    compute they do, if less exactly; a model that needs one is refused.
    fast            leave out what takes time to make a quantized model more accurate (``passes.IMPROVERS``).
    calibrator      how the range of an int8 activation is chosen: "minmax", "average" (moving average of the samples'
                    extremes), "percentile" ("percentile:99.9"), "entropy", "mse" (least squared error), or "auto": for each
                    tensor that of these by which the outputs lose least, measured.
    samples, seed   at most so many calibration samples, chosen at random by ``seed``; of an iterator the first ones.
    without         leave out some of it: "scale_features", "equalize", "rounding", "bias".
    strip           leave tensor names out of the file.
    trust           run code that the model file carries (Lambda layers).
    custom_objects  Keras classes by name, for loading.
    signature       which function of a SavedModel or ``.tflite`` file that has several.
    progress        called as progress(stage, done, total).

    A ``.tflite`` file that is quantized stays as exact as it is: it is cleaned, planned and written anew as
    :func:`arenite.optimize` does, without its checks.

    The order and names of inputs and outputs are the model's own. Raises UnsupportedError naming the layers that have no
    equivalent, CalibrationError when the data is missing or unusable, ModelError when the model cannot be read.
    """
    context = _context(quantize, calibration, io, weights, progress)
    context.allow_float_fallback, context.builtins_only, context.fast = allow_float_fallback, builtins_only, fast
    context.calibrator, context.sample_count, context.seed = _calibrator(calibrator), samples, seed
    context.without = _left_out(without)
    context.layers, context.weights = choose_types(layers or {}, context)
    options = {"shapes": shapes, "batch": batch, "custom_objects": custom_objects, "trust": trust}
    source = _load(model, {**options, "signature": signature}, progress)
    require_layers(source, [*(layers or {}), *(weights if isinstance(weights, Mapping) else {})])
    if weights is None and quantize in INT4_SCHEMES:
        context.weights = {"*": "int8", **source.trained_weights, **context.weights}
    _require_numbers(source)
    given = is_quantized(source)
    if given and quantize is not None:
        raise ModelError(
            f"the model is quantized already, quantize={quantize!r} cannot be done again; give the float model"
        )
    float_graph = run_passes(source, context, () if given else EXACT)
    cost = None
    if min_sqnr is None:
        graph = run_passes(float_graph, context, LEAN if given else TARGET)
        predicted = _predict(float_graph, graph, context)
    else:
        graph, predicted, context, cost = exact_enough(float_graph, context, min_sqnr, _predict)
    _warn_about_peers(graph, context)
    content = writer.write(graph, strip=strip)
    report = report_of(source, float_graph, graph, content, context, predicted)
    return Conversion(content, graph, float_graph, replace(report, precision=cost))


def _warn_about_peers(graph: Graph, context: PassContext) -> None:
    """Say which operators no other runtime has; UnsupportedError naming their layers when none are wanted."""
    own = {op: code for part in graph.subgraphs() for op in part.ops if (code := _own_code(op))}
    names = ", ".join(sorted(set(own.values())))
    if own and context.builtins_only:
        lines = dict.fromkeys(f"{op.origin}: {code}" for op, code in own.items())
        raise UnsupportedError(
            "these layers need operators that LiteRT and TFLite Micro do not know:\n  "
            + "\n  ".join(lines)
            + "\nReplace them, or leave out builtins_only (--builtins-only): such a model runs in arenite"
        )
    if own:
        context.warn(f"{names}: operators of arenite's own, so LiteRT and TFLite Micro do not run the file")
    if context.quantize in FLOAT_SCHEMES:
        context.warn(
            f"float activations with {FLOAT_SCHEMES[context.quantize]}: LiteRT runs the file, TFLite Micro does not"
        )


def _own_code(op: Op) -> str | None:
    """The custom code of an operator of arenite's own."""
    code = rows()[op.name].custom_code if op.name in rows() else None
    return code if code is not None and code.startswith(OWN_PREFIX) else None


def _predict(float_graph: Graph, graph: Graph, context: PassContext) -> dict[str, float]:
    """Predicted SQNR per output; warns when one is low."""
    if not context.is_integer or not context.samples:
        return {}
    prediction = predict(float_graph, graph, context.samples)
    _judge_features(min(prediction.outputs.values(), default=math.inf), context)
    if warning := prediction.warning():
        context.warn(warning)
    return prediction.outputs


#: An output that keeps less, dB, of a model whose input's features differ much in size: nobody wants such a file.
USELESS_DB = 10.0


def _judge_features(worst: float, context: PassContext) -> None:
    """Warn of features that differ much in size; CalibrationError when they leave nothing of an output."""
    if context.uneven and worst < USELESS_DB:
        raise CalibrationError(
            "; ".join(context.uneven.values()) + f". As it is, an output would keep an SQNR of {worst:.1f} dB"
        )
    for text in context.uneven.values():
        context.warn(text)


def _context(
    quantize: str | None,
    calibration: Any,
    io: str | None,
    weights: str | Mapping[str, str] | None,
    progress: Progress | None,
) -> PassContext:
    """The passes' context; AreniteError when the options do not fit together."""
    if quantize not in (None, "int8", "16x8", *FLOAT_SCHEMES):
        raise AreniteError(f"quantize is None, 'int8', '16x8', 'dynamic' or 'float16', not {quantize!r}")
    integer = "int16" if quantize == "16x8" else "int8"
    io = ("float32" if quantize in FLOAT_SCHEMES else integer) if io is None else io
    if quantize in FLOAT_SCHEMES and io != "float32":
        raise AreniteError(f"with quantize={quantize!r} io is 'float32', not {io!r}")
    allowed = ("int16", "float32") if integer == "int16" else ("int8", "uint8", "int16", "float32")
    if io not in allowed:
        raise AreniteError(f"io is {', '.join(map(repr, allowed[:-1]))} or 'float32', not {io!r}")
    if quantize in FLOAT_SCHEMES and calibration is not None:
        raise AreniteError(f"calibration data is given, but quantize={quantize!r} needs none; leave it out")
    if quantize is None and calibration is not None:
        raise AreniteError("calibration data is given, but quantize is None; say quantize='int8'")
    patterns = _weight_patterns(weights, quantize)
    return PassContext(quantize, io, calibration, progress, _kernels(), patterns)  # type: ignore[arg-type]  # checked above


def _calibrator(text: str) -> str:
    """The calibrator's name, checked; ``percentile`` may have a number behind it."""
    name, _, percent = text.partition(":")
    try:
        known = name in CALIBRATORS and (not percent or (name == "percentile" and 50 < float(percent) <= 100))
    except ValueError:
        known = False
    if not known:
        raise AreniteError(f"calibrator is one of {', '.join(CALIBRATORS)} or 'percentile:99.9', not {text!r}")
    return text


def _left_out(names: Sequence[str]) -> frozenset[str]:
    """AreniteError for a name that is no improvement's."""
    if unknown := sorted(set(names) - set(IMPROVEMENTS)):
        raise AreniteError(f"without={unknown[0]!r}: there are {', '.join(map(repr, IMPROVEMENTS))} to leave out")
    return frozenset(names)


def _kernels() -> RunOp | None:
    """What runs one operator; None where the compiled runtime is not installed."""
    try:
        from .one_operator import run_op
    except ImportError:
        return None
    return run_op


def _weight_patterns(weights: str | Mapping[str, str] | None, quantize: str | None) -> dict[str, str]:
    """Layer pattern → dtype; AreniteError for a dtype that weights cannot have in the scheme."""
    patterns = {"*": weights} if isinstance(weights, str) else dict(weights or {})
    for dtype in patterns.values():
        if dtype not in ("int8", "int4", *BITS):
            raise AreniteError(f"weights are 'int8', 'int4', {', '.join(map(repr, BITS))}, not {dtype!r}")
        if dtype in BITS and quantize != "int8":
            raise AreniteError(f"{dtype} weights go with quantize='int8', not with quantize={quantize!r}")
        if dtype == "int4" and quantize not in INT4_SCHEMES:
            raise AreniteError(f"int4 weights go with quantize='int8' or 'dynamic', not with quantize={quantize!r}")
    return patterns


def _load(model: Any, options: Mapping[str, Any], progress: Progress | None) -> Graph:
    """The float graph of whatever the user gave; ``options`` of the front end."""
    if isinstance(model, Graph):
        return model
    if isinstance(model, str | Path) and Path(model).suffix == ".tflite":
        return _read_file(Path(model), options)
    from .frontend import load_graph  # TensorFlow: seconds to import, and only here

    if progress is not None:
        progress("reading the model", 0, 1)
    graph = load_graph(model, **options)
    if progress is not None:
        progress("reading the model", 1, 1)
    return graph


def _read_file(path: Path, options: Mapping[str, Any]) -> Graph:
    if options["shapes"] or options["batch"] != 1:
        raise ModelError(f"'{path}' has fixed shapes; convert the model that it was made from to change them")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read '{path}': {error.strerror}") from None
    if options["signature"] is None:
        reader.require_one_entry(content, f"'{path}'")
    return reader.read(content, options["signature"])


def _require_numbers(graph: Graph) -> None:
    """ModelError naming the constants that hold NaN: of a training that diverged, or of a damaged file."""
    ops = [op for part in graph.subgraphs() for op in part.ops]
    broken = [
        f"'{value.name}' of {op.origin}"
        for op in ops
        for value in op.inputs
        if value is not None and value.data is not None and value.data.dtype.kind == "f" and np.isnan(value.data).any()
    ]
    if broken:
        raise ModelError(
            f"weights are not numbers (NaN): {', '.join(dict.fromkeys(broken))}; the training diverged or the file is damaged"
        )
