"""Programs written against TFLite Micro's API (examples/tflm): what they must print is what TFLite Micro computes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tflm_models

import arenite

sys.path.append(str(Path(__file__).parent / "oracle"))
import engines


def noise(count: int, shift: int) -> np.ndarray:
    """The programs' generator: x = x * 1664525 + 1013904223 mod 2**32 from x = 1, without the lowest ``shift`` bits."""
    x, values = 1, np.empty(count, np.int64)
    for i in range(count):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        values[i] = x >> shift
    return values


def check_hello_world(text: str) -> None:
    angles = np.array([0.77, 1.57, 2.3, 3.14], np.float32)
    content = tflm_models.hello_world_float()
    expected = [float(engines.tflm(content, [x.reshape(1, 1)])[0][0, 0]) for x in angles]
    said = re.findall(r"x_value: (\S+), y_value: (\S+)", text)
    assert [x for x, _ in said] == [f"{x:.6f}" for x in angles]
    assert [float(y) for _, y in said] == pytest.approx(expected, abs=2e-6)

    content = tflm_models.MODELS["hello_world_int8"]()
    codes = np.rint(angles / np.float32(2**-5)).astype(np.int8)  # the model's input scale; zero point 0
    expected = [int(engines.tflm(content, [x.reshape(1, 1)])[0][0, 0]) for x in codes]
    assert [int(code) for code in re.findall(r"^code (-?\d+),", text, re.MULTILINE)] == expected
    assert "\nFULLY_CONNECTED, " in text and "~~~ALL TESTS PASSED~~~" in text


def check_micro_speech(text: str) -> None:
    front_end = arenite.Interpreter(model_content=tflm_models.MODELS["audio_front_end"]())
    front_end.allocate_tensors()
    features = []
    for frame in (noise(49 * 480, 18) - 8192).astype(np.int16).reshape(49, 480):
        front_end.set_tensor(front_end.get_input_details()[0]["index"], frame)
        front_end.invoke()
        features.append(front_end.get_tensor(front_end.get_output_details()[0]["index"]).astype(int))
    codes = np.clip((np.array(features) * 256 + 333) // 666 - 128, -128, 127).astype(np.int8)
    total = 0
    for code in codes.ravel().astype(int):
        total = total * 31 % 65521 + code + 128
    assert f"features {total}\n" in text
    (expected,) = engines.tflm(tflm_models.micro_speech(), [codes.reshape(1, 49, 40, 1)])
    assert [int(code) for code in re.findall(r"\(code (-?\d+)\)", text)] == expected.ravel().tolist()
    assert f"Heard {['silence', 'unknown', 'yes', 'no'][int(expected.argmax())]}\n" in text


def check_person_detection(text: str) -> None:
    image = noise(96 * 96, 24).astype(np.uint8).view(np.int8).reshape(1, 96, 96, 1)
    (expected,) = engines.tflm(tflm_models.person_detect(), [image])
    no_person, person = expected.ravel().tolist()
    assert person != no_person
    assert text == f"person score:{person} no person score {no_person}\n"


def check_custom_operator(text: str) -> None:
    """The formula at the head of the program, in numpy; the last run comes after Reset."""
    mean, expected = np.zeros(8, np.int64), []
    for number in range(4):
        x = (number * 37 + np.arange(8) * 11) % 256 - 128
        mean = np.zeros(8, np.int64) if number == 3 else mean
        weighted = (np.maximum(x, -3) + 3) * tflm_models.SMOOTHED_WEIGHTS.astype(np.int64) * 16
        mean += (weighted - mean) >> tflm_models.SMOOTHED_SHIFT
        expected += np.clip(mean >> 4, -128, 127).tolist()
    assert [int(code) for code in re.findall(r"^code (-?\d+)$", text, re.MULTILINE)] == 2 * expected
    assert text.count("of [1, 8]") == 8 and text.count("freed\n") == 2 and "\nfreed\n~~~ALL TESTS PASSED~~~" in text


#: program → the check of its text, with lines that end in "\\n"
CHECKS: dict[str, Callable[[str], None]] = {
    "hello_world": check_hello_world,
    "micro_speech": check_micro_speech,
    "person_detection": check_person_detection,
    "custom_operator": check_custom_operator,
}
