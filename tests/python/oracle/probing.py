"""Asking TFLite Micro about files that it may die of, and whether its answers are what an operator means."""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
from oracle import engines

from arenite import _core
from arenite.elements import limits
from arenite.evaluate import dequantize
from arenite.graph import Op, Value
from arenite.opdef import declaration

SECONDS = 5

Job = tuple[bytes, list[np.ndarray], int]


def run_in_children(jobs: Sequence[Job]) -> list[list[np.ndarray] | None]:
    """TFLite Micro's results, None where it refuses a model or dies of it."""
    results: list[list[np.ndarray] | None] = []
    while len(results) < len(jobs):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            _serve(jobs[len(results) :], writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            results += _received(stream)
        os.waitpid(child, 0)
        if len(results) < len(jobs):
            results.append(None)
    return results


def _serve(jobs: Sequence[Job], writer: int) -> None:
    """In the child; does not return."""
    faulthandler.disable()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    with os.fdopen(writer, "wb") as stream:
        for content, feed, outputs in jobs:
            signal.alarm(SECONDS)
            try:
                answer = engines.tflm(content, feed, outputs)
            except RuntimeError:
                answer = None
            pickle.dump(answer, stream)
            stream.flush()
    os._exit(0)


def _received(stream: IO[bytes]) -> Iterator[list[np.ndarray] | None]:
    while True:
        try:
            yield pickle.load(stream)
        except EOFError:
            return


def real(value: Value, array: np.ndarray) -> np.ndarray:
    return array if value.quant is None else dequantize(array.reshape(value.shape), value.quant).astype(np.float32)


def is_computed(op: Op, feed: Sequence[np.ndarray], answers: Sequence[np.ndarray]) -> bool:
    """Whether the answers are what the operator means, to one step of a code."""
    given = engines.operands(op, list(feed))
    inputs = [x if v is None or x is None else real(v, x) for v, x in zip(op.inputs, given, strict=True)]
    try:
        expected = declaration(op.name).reference(op, inputs)
    except Exception:  # numbers of such types mean nothing to it
        return False
    return len(expected) == len(answers) and all(
        _is_near(v, answer, truth) for v, answer, truth in zip(op.outputs, answers, expected, strict=True)
    )


def _is_near(value: Value, answer: np.ndarray, truth: np.ndarray) -> bool:
    if truth.size != answer.size:
        return False
    given, wanted = real(value, answer).astype(np.float64).ravel(), np.asarray(truth, np.float64).ravel()
    step = 0.0
    if value.quant is not None:
        step, (low, high) = float(value.quant.scale[0]), limits(value.dtype)
        ends = (np.array([low, high], np.float64) - value.quant.zero_point[0]) * step
        wanted = np.clip(wanted, *ends)
    return bool(np.allclose(given, wanted, rtol=1e-4, atol=1.01 * step + 1e-5, equal_nan=True))


def refusal(content: bytes) -> str | None:
    interpreter = _core.Interpreter(content, False)
    refused = interpreter.open() or interpreter.allocate(engines.ARENA)
    return refused[0] if refused else None
