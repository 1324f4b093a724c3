"""Seconds to convert MobileNetV2 0.35 at 96×96 to int8 with 100 samples: ours, whole and ``fast``, beside LiteRT's converter.

    python benchmarks/conversion_time.py [rounds]

Each conversion is a process of its own that imports TensorFlow, loads one and the same ``.keras`` file and converts; they
take turns, and the least of each counts. Needs arenite[keras].
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SAMPLES = 100
#: side → whether it leaves out what takes time
OURS = {"arenite": False, "arenite --fast": True}
PEER = "LiteRT converter"


def convert(side: str, model: Path) -> None:
    """One conversion, in this process."""
    import keras

    network = keras.models.load_model(model, compile=False)
    images = np.random.default_rng(0).random((SAMPLES, 96, 96, 3), np.float32)
    if side in OURS:
        import arenite

        arenite.convert(network, "int8", images, fast=OURS[side])
        return
    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    from digits.peer import convert_int8

    convert_int8(network, images)


def seconds(side: str, model: Path) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, __file__, "--one", side, str(model)], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "mobilenet_v2.keras"
        subprocess.run([sys.executable, __file__, "--build", str(model)], check=True, stderr=subprocess.DEVNULL)
        measured: dict[str, list[float]] = {side: [] for side in (*OURS, PEER)}
        for _ in range(rounds):
            for side, times in measured.items():
                times.append(seconds(side, model))
    for side, times in measured.items():
        print(f"{side:18} {min(times):6.2f} s   ({', '.join(f'{t:.2f}' for t in times)})")
    for side in OURS:
        print(f"{side:18} {min(measured[side]) / min(measured[PEER]):6.2f} of the {PEER}'s")


def build(model: Path) -> None:
    import keras

    keras.utils.set_random_seed(1)
    keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, weights=None, classes=2).save(model)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--one", side, model]:
            convert(side, Path(model))
        case ["--build", model]:
            build(Path(model))
        case arguments:
            main(int(arguments[0]) if arguments else 3)
