"""The same models through LiteRT's converter, and its files in LiteRT's reference kernels and TFLite Micro."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from arenite.quiet import native_output_held
from arenite.samples import dequantize, quantize

from .weights import called_with, flat, input_specs


def concrete(model: Any) -> Any:
    """The model as a function of batch 1 with arguments ``input_0`` … and results ``output_0`` …"""
    import tensorflow as tf

    specs = [
        tf.TensorSpec((1, *shape), dtype, name=f"input_{i}") for i, (_, shape, dtype) in enumerate(input_specs(model))
    ]

    def call(*inputs: Any) -> dict[str, Any]:
        results = flat(model(called_with(model, inputs), training=False))
        return {f"output_{i}": result for i, result in enumerate(results)}

    return tf.function(call, input_signature=specs, autograph=False).get_concrete_function()


def convert(function: Any, scheme: str, calibration: Sequence[np.ndarray]) -> bytes:
    """A file by ``tf.lite.TFLiteConverter`` of a :func:`concrete` function; integer schemes are strict throughout."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if scheme != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _samples(calibration)
        ops = {
            "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
            "16x8": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
        }
        converter.target_spec.supported_ops = [ops[scheme]]
        integer = tf.int8 if scheme == "int8" else tf.int16
        converter.inference_input_type = converter.inference_output_type = integer
    with native_output_held():
        return bytes(converter.convert())


def _samples(calibration: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    for i in range(len(calibration[0])):
        yield [array[i : i + 1] for array in calibration]


def run(content: bytes, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Real outputs [N, …] in the model's order; found by name, because the converter orders them as it likes."""
    interpreter = _interpreter(content)
    sources = sorted(interpreter.get_input_details(), key=_place)
    results = sorted(interpreter.get_output_details(), key=_place)
    columns: list[list[np.ndarray]] = [[] for _ in results]
    used = [inputs[_place(detail)] for detail in sources]
    raw = [quantize(array, detail) for array, detail in zip(used, sources, strict=True)]
    for i in range(len(inputs[0])):
        for array, detail in zip(raw, sources, strict=True):
            interpreter.set_tensor(detail["index"], array[i : i + 1])
        interpreter.invoke()
        for column, detail in zip(columns, results, strict=True):
            column.append(interpreter.get_tensor(detail["index"]))
    return [dequantize(np.concatenate(column), detail) for column, detail in zip(columns, results, strict=True)]


def _interpreter(content: bytes) -> Any:
    """LiteRT with its reference kernels, or with its optimized ones where some operators have no others."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolvers = [OpResolverType.BUILTIN_REF, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES]
    for resolver in resolvers:
        try:
            with native_output_held():
                found = Interpreter(model_content=content, experimental_op_resolver_type=resolver, num_threads=1)
                found.allocate_tensors()
                return found
        except (RuntimeError, ValueError):
            if resolver is resolvers[-1]:
                raise


def _place(detail: dict[str, Any]) -> int:
    """``input_2`` → 2; results are called ``Identity``, ``Identity_1`` …"""
    number = re.search(r"_(\d+)(:\d+)?$", detail["name"])
    return int(number[1]) if number else 0


def tflm_verdict(content: bytes) -> str:
    """ "runs", or why TFLite Micro does not."""
    from tflite_micro.python.tflite_micro import runtime

    try:
        with native_output_held():
            interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 22)
            interpreter.invoke()
    except (RuntimeError, ValueError) as error:
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return "runs"
