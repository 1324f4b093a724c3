"""The engines that can run a model: our interpreter, and the peers it is judged by, each of which may be absent.

An engine runs N samples and returns raw outputs, one array [N, …] per output in the model's order. Quantizing inputs and
dequantizing outputs is the same for every engine, so it is done here once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import arenite
from arenite.errors import AreniteError, DataError
from arenite.quiet import native_output_held
from arenite.samples import dequantize, quantize

from .pairing import Layers

#: called with each finished sample count; for progress bars.
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Absent:
    """An engine that cannot run here, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Engine:
    """A loaded model in one engine. ``run_one`` maps one input batch per model input to the raw outputs."""

    name: str
    run_one: Callable[[Sequence[np.ndarray]], list[np.ndarray]]
    input_details: Sequence[dict[str, Any]]
    output_details: Sequence[dict[str, Any]]

    def run(self, inputs: Sequence[np.ndarray], progress: Progress = lambda done: None) -> list[np.ndarray]:
        """Raw outputs [N, …] for real-valued inputs [N, …], batch by batch."""
        if len(inputs) != len(self.input_details):
            raise DataError(f"{self.name} has {len(self.input_details)} inputs, the other model {len(inputs)}")
        batch = int(self.input_details[0]["shape"][0])
        raw = [quantize(x, detail) for x, detail in zip(inputs, self.input_details, strict=True)]
        results: list[list[np.ndarray]] = []
        for start in range(0, len(raw[0]) - batch + 1, batch):
            results.append(self.run_one([x[start : start + batch] for x in raw]))
            progress(start + batch)
        return [np.concatenate(column) for column in zip(*results, strict=True)]

    def real(self, raw: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Raw outputs as float32 real values."""
        return [dequantize(y, detail) for y, detail in zip(raw, self.output_details, strict=True)]


def arenite_engine(content: bytes) -> Engine:
    """Our interpreter."""
    return _from_interpreter("Arenite", arenite.Interpreter(model_content=content))


def litert(content: bytes, kernels: str) -> Engine | Absent:
    """LiteRT on one thread. ``kernels``: "reference", its plain C++ kernels, or "default", XNNPACK."""
    name = f"LiteRT {kernels}"
    if find_spec("ai_edge_litert") is None:
        return Absent(name, "ai-edge-litert is not installed: pip install 'arenite[dev]'")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType.BUILTIN_REF if kernels == "reference" else OpResolverType.AUTO
    try:
        with native_output_held():
            interpreter = Interpreter(model_content=content, experimental_op_resolver_type=resolver, num_threads=1)
            return _from_interpreter(name, interpreter)
    except (RuntimeError, ValueError) as error:
        return Absent(name, f"refuses the model: {_first_line(error)}")


def tflm(content: bytes, arena_size: int = 1 << 22) -> Engine | Absent:
    """TFLite Micro's Python wheel, its reference kernels."""
    name = "TFLite Micro"
    if find_spec("tflite_micro") is None:
        return Absent(name, "tflite-micro is not installed: pip install 'arenite[dev]'")
    from tflite_micro.python.tflite_micro import runtime

    ours = arenite.Interpreter(model_content=content)
    ours.allocate_tensors()
    inputs, outputs = ours.get_input_details(), ours.get_output_details()
    try:
        interpreter = runtime.Interpreter.from_bytes(content, arena_size=arena_size)
    except (RuntimeError, ValueError) as error:
        return Absent(name, f"refuses the model: {_first_line(error)}")

    def run_one(values: Sequence[np.ndarray]) -> list[np.ndarray]:
        for index, value in enumerate(values):
            interpreter.set_input(value, index)
        interpreter.invoke()
        return [np.array(interpreter.get_output(index)) for index in range(len(outputs))]

    return Engine(name, run_one, inputs, outputs)


#: engines beside ours, in the order of the tables.
_PEERS: dict[str, Callable[[bytes], Engine | Absent]] = {
    "litert-reference": lambda content: litert(content, "reference"),
    "litert": lambda content: litert(content, "default"),
    "tflm": tflm,
}
PEERS = tuple(_PEERS)


def available(content: bytes, ours: Engine, peers: Iterable[str] = PEERS) -> list[Engine | Absent]:
    """Our engine first, then the peers asked for, by their names in PEERS."""
    unknown = [peer for peer in peers if peer not in _PEERS]
    if unknown:
        raise AreniteError(f"unknown engines {', '.join(unknown)}; there are {', '.join(PEERS)}")
    return [ours, *(_PEERS[peer](content) for peer in peers)]


@dataclass(frozen=True)
class FloatFile:
    """A float ``.tflite`` file and what is known of the user's layers in it."""

    content: bytes
    layers: Layers


@dataclass(frozen=True)
class Reference:
    """The float model: ``run`` maps inputs [N, …] to float32 outputs [N, …] in the model's own order.

    converted  makes the same model as a float file, for the comparison of layers.
    """

    name: str
    run: Callable[[Sequence[np.ndarray]], list[np.ndarray]]
    converted: Callable[[], FloatFile]


def open_reference(model: Any, *, trust: bool) -> Reference:
    """A Keras model, a path to one, a float ``.tflite`` file, or anything else that ``arenite.convert`` takes.

    What is no Keras model (a SavedModel, a tf.function) is judged by its conversion to float32, and named so.
    """
    name = "Keras"
    if isinstance(model, str | Path):
        name = Path(model).name
        if Path(model).suffix == ".tflite":
            return _float_file(name, _read(Path(model)))
        model = _open_path(str(model), trust)
    import keras

    if isinstance(model, keras.Model):
        return Reference(name, keras_runner(model), lambda: _converted(model, trust))
    file = _converted(model, trust)
    return _float_file(f"{name}, converted to float32", file.content, file.layers)


def _converted(model: Any, trust: bool) -> FloatFile:
    conversion = arenite.convert(model, trust=trust)
    origins = {v.name: op.origin.layer for op in conversion.graph.ops for v in op.outputs if op.origin.layer}
    return FloatFile(bytes(conversion.content), Layers(list(conversion.report.layers), origins))


def _float_file(name: str, content: bytes, layers: Layers | None = None) -> Reference:
    engine = arenite_engine(content)
    file = FloatFile(content, layers or Layers())
    return Reference(name, lambda inputs: engine.real(engine.run(inputs)), lambda: file)


def _open_path(path: str, trust: bool) -> Any:
    if find_spec("keras") is None:
        raise AreniteError("a Keras model needs TensorFlow: pip install 'arenite[keras]', or give a float .tflite file")
    from arenite.frontend.files import open_model
    from arenite.frontend.start import start_tensorflow

    start_tensorflow()

    return open_model(path, None, trust)


def keras_runner(model: Any) -> Callable[[Sequence[np.ndarray]], list[np.ndarray]]:
    """A loaded Keras model as a function from inputs [N, …] to float32 outputs [N, …], in the model's own order."""
    import keras

    batches = {x.shape[0] for x in model.inputs}
    batch = next(iter(batches)) if len(batches) == 1 else None  # its own, if it has a fixed one

    def run(inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        by_structure = keras.tree.pack_sequence_as(model.inputs, list(inputs)) if len(inputs) > 1 else inputs[0]
        outputs = model.predict(by_structure, batch_size=batch or 64, verbose=0)
        return [np.asarray(y, np.float32) for y in keras.tree.flatten(outputs)]

    return run


def _from_interpreter(name: str, interpreter: Any) -> Engine:
    """An engine over anything with the methods of ``tf.lite.Interpreter``."""
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()

    def run_one(values: Sequence[np.ndarray]) -> list[np.ndarray]:
        for value, detail in zip(values, inputs, strict=True):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        return [interpreter.get_tensor(detail["index"]) for detail in outputs]

    return Engine(name, run_one, inputs, outputs)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AreniteError(f"cannot read '{path}': {error.strerror}") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
