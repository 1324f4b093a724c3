"""Time and memory to convert MobileNetV2 0.35 at 96×96 to int8 with 100 samples: ours, whole and ``fast``, beside LiteRT's.

    python benchmarks/conversion_time.py [rounds]

Each conversion is a process of its own that imports TensorFlow, loads one and the same ``.keras`` file and converts; they
take turns, and the least of each counts. Processor time is what other programs disturb less. Calibration is measured again
by itself. Needs arenite[keras].
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SAMPLES = 100
#: side → whether it leaves out what takes time
OURS = {"arenite": False, "arenite --fast": True}
PEER = "LiteRT's converter"


@dataclass(frozen=True)
class Cost:
    """Of one process: wall clock and processor time of all its threads in seconds, largest resident set in MB."""

    wall: float
    processor: float
    peak: float


def images() -> np.ndarray:
    return np.random.default_rng(0).random((SAMPLES, 96, 96, 3), np.float32)


def loaded(model: Path) -> Any:
    import keras

    return keras.models.load_model(model, compile=False)


def convert(side: str, model: Path) -> None:
    """One conversion, in this process."""
    network = loaded(model)
    if side in OURS:
        import arenite

        arenite.convert(network, "int8", images(), fast=OURS[side])
        return
    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    from digits.peer import convert_int8

    convert_int8(network, images())


def calibrate(model: Path) -> None:
    """Print seconds and MB that calibration takes by itself."""
    from arenite.blas import one_blas_thread
    from arenite.frontend import load_graph
    from arenite.passes import EXACT, PassContext, calibrate, run_passes

    graph = run_passes(load_graph(loaded(model)), PassContext(), EXACT)
    with one_blas_thread():
        begin = time.perf_counter(), time.process_time()
        run_passes(graph, PassContext("int8", calibration=images()), (calibrate,))
        wall, processor = time.perf_counter() - begin[0], time.process_time() - begin[1]
        tracemalloc.start()
        run_passes(graph, PassContext("int8", calibration=images()), (calibrate,))
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    print(f"calibration of {SAMPLES} samples by itself: {wall:.2f} s, processor {processor:.2f} s, {peak:.0f} MB")


def cost(side: str, model: Path) -> Cost:
    """Of a conversion in a process of its own."""
    begin = time.perf_counter()
    child = subprocess.Popen([sys.executable, __file__, "--convert", side, str(model)], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{side} failed; see: python {__file__} --convert '{side}' MODEL")
    return Cost(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "mobilenet_v2.keras"
        itself("--build", model)
        measured: dict[str, list[Cost]] = {side: [] for side in (*OURS, PEER)}
        for _ in range(rounds):
            for side, costs in measured.items():
                costs.append(cost(side, model))
        show({side: least(costs) for side, costs in measured.items()})
        itself("--calibrate", model)


def itself(*arguments: str | Path) -> None:
    """Run this script in a process of its own."""
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, *map(str, arguments)], check=True, stderr=subprocess.DEVNULL)


def least(costs: list[Cost]) -> Cost:
    return Cost(*(min(getattr(one, name) for one in costs) for name in ("wall", "processor", "peak")))


def show(costs: dict[str, Cost]) -> None:
    peer = costs[PEER]
    print(f"| | wall s | of {PEER} | processor s | of {PEER} | peak MB |\n|---|--:|--:|--:|--:|--:|")
    for side, own in costs.items():
        shares = f"{own.wall / peer.wall:.2f}", f"{own.processor / peer.processor:.2f}"
        print(f"| {side} | {own.wall:.1f} | {shares[0]} | {own.processor:.1f} | {shares[1]} | {own.peak:,.0f} |")


def build(model: Path) -> None:
    import keras

    keras.utils.set_random_seed(1)
    keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, weights=None, classes=2).save(model)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--convert", side, model]:
            convert(side, Path(model))
        case ["--calibrate", model]:
            calibrate(Path(model))
        case ["--build", model]:
            build(Path(model))
        case arguments:
            main(int(arguments[0]) if arguments else 3)
