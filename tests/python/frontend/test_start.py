"""TensorFlow starts late and silently; without it the message says how to get it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from arenite.errors import ModelError
from arenite.frontend import load_graph, start

SCRIPT = """
import sys
from arenite.frontend import load_graph
assert not {"tensorflow", "keras"} & set(sys.modules)
print([op.name for op in load_graph(sys.argv[1]).ops])
"""


def test_silent(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    keras.Sequential([keras.Input((4,)), keras.layers.ReLU()]).save(tmp_path / "model.keras")
    environment = {**os.environ, "PYTHONPATH": str(Path(start.__file__).parents[2])}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "model.keras")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "['relu']\n", "")


def test_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"needs tensorflow and keras: pip install 'arenite\[keras\]'"):
        load_graph(object())


def test_a_missing_file_is_told_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="no file"):
        load_graph("absent.keras")


def test_no_advice_on_how_tensorflow_is_called(caplog: pytest.LogCaptureFixture) -> None:
    """TensorFlow gives it while it traces; its logger is as talkative as before afterwards."""
    keras = pytest.importorskip("keras")
    logger = logging.getLogger("tensorflow")

    def advised(x: object) -> object:
        logger.warning("Tracing is expensive")
        return x * 2.0  # type: ignore[operator]

    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(advised)])
    logger.addHandler(caplog.handler)
    try:
        model(np.zeros((1, 4)))
        assert "Tracing is expensive" in caplog.messages
        caplog.clear()
        load_graph(model)
        assert not caplog.messages
        logger.warning("later")
        assert "later" in caplog.messages
    finally:
        logger.removeHandler(caplog.handler)
