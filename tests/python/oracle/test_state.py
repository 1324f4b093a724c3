"""Operators that keep state, over many calls: TFLite Micro's bytes, and again after a reset."""

from __future__ import annotations

from collections.abc import Sequence

import front_end
import numpy as np
import pytest
from oracle import engines

from arenite import cases
from arenite.graph import Graph, Op, Quantization, Value
from arenite.runtime import Interpreter
from arenite.writer import write

pytest.importorskip("tflite_micro")


def ours(content: bytes, feeds: Sequence[np.ndarray], reset_at: int) -> list[list[np.ndarray]]:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    results = []
    for i, x in enumerate(feeds):
        if i == reset_at:
            interpreter.reset_all_variables()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        results.append([interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()])
    return results


def tflm(content: bytes, feeds: Sequence[np.ndarray], reset_at: int, outputs: int) -> list[list[np.ndarray]]:
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 20)
    results = []
    for i, x in enumerate(feeds):
        if i == reset_at:
            interpreter.reset()
        interpreter.set_input(x, 0)
        interpreter.invoke()
        results.append([np.array(interpreter.get_output(k)) for k in range(outputs)])
    return results


def test_a_whole_front_end_over_fifty_frames() -> None:
    content, feeds = front_end.model(), front_end.frames(50)
    results = ours(content, feeds, 30)
    for i, (a, b) in enumerate(zip(results, tflm(content, feeds, 30, 1), strict=True)):
        np.testing.assert_array_equal(a[0], b[0], f"frame {i}")
    values = np.array(results)
    assert np.unique(values).size > 500 and values.max() > 5000, "the front end should hear something"


def op_of(name: str, dtype: str, x: tuple[int, ...], results: dict[str, tuple[int, ...]], **attrs: object) -> Op:
    """One operator; ``results``: dtype → shape."""
    return Op(name, [Value("", dtype, x)], [Value("", t, s) for t, s in results.items()], dict(attrs))


#: operators over 12 calls; where the second result is a truth value, the first one counts only when it is true.
STATEFUL = {
    "short delay": op_of("signal_delay", "int16", (2, 5), {"int16": (2, 5)}, delay_length=3),
    "long delay": op_of("signal_delay", "int16", (2, 5), {"int16": (2, 5)}, delay_length=13),
    "frames": op_of("signal_framer", "int16", (2, 4), {"int16": (2, 2, 7), "bool": ()}, frame_size=7, frame_step=2,
                    prefill=False),
    "frames after zeroes": op_of("signal_framer", "int16", (6,), {"int16": (2, 8), "bool": ()}, frame_size=8,
                                 frame_step=3, prefill=True),
    "gaps between frames": op_of("signal_framer", "int16", (6,), {"int16": (2, 2), "bool": ()}, frame_size=2,
                                 frame_step=3, prefill=False),
    "stack": op_of("signal_stacker", "int16", (3,), {"int16": (12,), "bool": ()}, num_channels=3,
                   stacker_left_context=1, stacker_right_context=2, stacker_step=2),
    "stack of all": op_of("signal_stacker", "int16", (2,), {"int16": (6,), "bool": ()}, num_channels=2,
                          stacker_left_context=0, stacker_right_context=2, stacker_step=3),
    "overlap": op_of("signal_overlap_add", "int16", (2, 3, 7), {"int16": (2, 6)}, T=7, frame_step=2),
    "float overlap": op_of("signal_overlap_add", "float32", (3, 4), {"float32": (12,)}, T=0, frame_step=4),
}  # fmt: skip


@pytest.mark.parametrize("name", STATEFUL)
def test_state_over_many_calls(name: str) -> None:
    op = STATEFUL[name]
    content, rng = engines.model_of(op), np.random.default_rng(3)
    feeds = [cases.values(rng, op.operand(0).dtype, op.operand(0).shape) for _ in range(12)]
    compared = 0
    for i, (a, b) in enumerate(zip(ours(content, feeds, 7), tflm(content, feeds, 7, len(op.outputs)), strict=True)):
        valid = len(a) == 1 or bool(a[1])
        assert len(a) == 1 or valid == bool(b[1]), f"call {i}"
        if valid:
            np.testing.assert_array_equal(a[0], b[0], f"call {i}")
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize("stated", [{"cycles_max": 3}, {"cycles_max": 0}])
def test_circular_buffer(stated: dict[str, int]) -> None:
    """What it holds, and when the operators behind it are due: TFLite Micro's invoke gives 15 (abort) in other calls."""
    from tflite_micro.python.tflite_micro import runtime

    quant = Quantization.per_tensor(0.5, -7)
    x, y = Value("", "int8", (1, 1, 1, 2), None, quant), Value("", "int8", (1, 4, 1, 2), None, quant)
    content = engines.model_of(Op("circular_buffer", [x], [y], stated))
    peer, interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 16), Interpreter(model_content=content)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    for call in range(10):
        sample = np.full(x.shape, 3 * call, np.int8)
        interpreter.set_tensor(source, sample)
        peer.set_input(sample, 0)
        assert interpreter.invoke() == (peer.invoke() == 0), f"call {call}"
        if call == 0:
            assert (interpreter.get_tensor(result)[0, :3] == -7).all()
        if call >= 3:
            np.testing.assert_array_equal(interpreter.get_tensor(result), peer.get_output(0))
    interpreter.reset_all_variables()
    interpreter.set_tensor(source, sample)
    assert not interpreter.invoke()
    assert (interpreter.get_tensor(result)[0, :3] == -7).all()


def test_operators_behind_a_buffer_wait() -> None:
    """They run only when they are due."""
    quant = Quantization.per_tensor(0.5, 0)
    x, y, z = (Value(n, "int8", (1, s, 1, 2), None, quant) for n, s in (("x", 1), ("y", 2), ("z", 2)))
    ops = [Op("circular_buffer", [x], [y], {"cycles_max": 2}), Op("relu", [y], [z])]
    interpreter = Interpreter(model_content=write(Graph("main", [x], [z], ops, ["x"], ["z"])))
    interpreter.allocate_tensors()
    due = []
    for call in range(4):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.full((1, 1, 1, 2), call, np.int8))
        due.append(interpreter.invoke())
        if due[-1]:
            result = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
            assert result.ravel().tolist() == [call - 1] * 2 + [call] * 2
    assert due == [False, True, False, True]
