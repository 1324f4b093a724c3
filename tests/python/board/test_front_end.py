"""The audio front end on a board without a float unit: the host's bytes over many frames, state included."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import arenite.board
from arenite.runtime import Interpreter

sys.path.append(str(Path(__file__).parents[1]))
import front_end

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]


def test_front_end() -> None:
    content, frames = front_end.model(), front_end.frames(12)
    host = Interpreter(model_content=content)
    host.allocate_tensors()
    result = arenite.board.run(content, frames, board="cortex-m3")
    for frame, (output,) in zip(frames, result.outputs, strict=True):
        host.set_tensor(host.get_input_details()[0]["index"], frame)
        host.invoke()
        np.testing.assert_array_equal(output, host.get_tensor(host.get_output_details()[0]["index"]))
    assert result.arena == int(host.arena_used())
