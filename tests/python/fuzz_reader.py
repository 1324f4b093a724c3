"""Damaged files against what reads them in Python: ``reader``, ``inspect``, the interpreter, the text form, the writer.

    python tests/python/fuzz_reader.py [--cases 20000] [--seconds 60] [--seed 1]

The seeds are damaged in turn by ``damage.py``; ``fuzz_reader_guided.py`` does the same guided by coverage.
A file must be read or end in an error that names the model (ModelError, UnsupportedError), soon and in little memory. Else
the program stops with the traceback; the file lies in build/fuzz/findings. One line at the end: a JSON object of counts.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import signal
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

import seeded
from damage import damage, places
from oracle import engines
from test_mutations import MODELS

import arenite
from arenite import flexbuffer, reader
from arenite.errors import ArenaError, ModelError, UnsupportedError
from arenite.remarks import remarks
from arenite.text import to_text
from arenite.writer import write

FINDINGS = Path(__file__).parents[2] / "build" / "fuzz" / "findings"
#: Refusals that a user is told.
REFUSALS = (ModelError, UnsupportedError, ArenaError)
#: seconds after which a case counts as hanging
PATIENCE = 10
#: bytes of address space for everything: a file of some kB has no business with more
MEMORY = 4 << 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10**9)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, hangs)
    print(json.dumps(blind(options.cases, options.seconds, options.seed)))


def hangs(number: int, frame: FrameType | None) -> NoReturn:
    raise AssertionError(f"no end after {PATIENCE} seconds")


def seeds() -> list[bytes]:
    """A model of every signature of every operator, and those of several operators."""
    own = [engines.model_of(op) for name in seeded.CASED for op, *_ in seeded.instances(name, 1).values()]
    return own + [make() for make in MODELS.values()]


def blind(cases: int, seconds: float, seed: int) -> dict[str, float]:
    """Damage the seeds in turn; ends → how often, ``slowest`` in seconds, ``cases``."""
    starts = [(content, places(content)) for content in seeds()]
    options = [flexbuffer.write_map({"a": 1, "b": [1.5, 2.0], "c": "text", "d": True, "e": 2**40, "f": [1, 2, 3]})]
    rng = random.Random(seed)
    ends: Counter[str] = Counter()
    slowest, done, begun = 0.0, 0, time.monotonic()
    while done < cases and time.monotonic() - begun < seconds:
        content, known = starts[done % len(starts)]
        start = time.process_time()
        ends[try_once(damage(content, rng, known))] += 1
        slowest = max(slowest, time.process_time() - start)
        try_options(damage(rng.choice(options), rng))
        done += 1
    return {**ends, "slowest": round(slowest, 3), "cases": done, "peak_mb": peak_mb()}


def peak_mb() -> int:
    """The most memory that this program has had; ``getrusage`` would include that of the process it was forked from."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0]) // 1024


def try_once(content: bytes) -> str:
    """How it ended: the class of the refusal, or ``read``; anything else is raised after the file was kept."""
    return guarded(use, content)


def guarded(action: Callable[[bytes], str], content: bytes) -> str:
    signal.alarm(PATIENCE)
    try:
        return action(content)
    except BaseException:
        keep(content)
        raise
    finally:
        signal.alarm(0)


def use(content: bytes) -> str:
    """What commands do with a file; each of them may refuse it, nothing else."""
    ends = [refusal_of(lambda: arenite.inspect(content)), refusal_of(lambda: rewritten(content))]
    refusal_of(lambda: reader.entries(content))
    return next((end for end in ends if end), "read")


def rewritten(content: bytes) -> bytes:
    """Read, looked at as ``check`` does, said as text and written again, as ``convert model.tflite`` does."""
    graph = reader.read(content)
    remarks(graph)
    to_text(graph)
    return write(graph)


def refusal_of(action: Callable[[], object]) -> str:
    try:
        action()
    except REFUSALS as error:
        assert str(error).strip(), f"a {type(error).__name__} without a word"
        return type(error).__name__
    return ""


def try_options(content: bytes) -> None:
    """The options of a custom operator alone."""
    guarded(lambda options: refusal_of(lambda: flexbuffer.read_map(options)), content)


def keep(content: bytes) -> None:
    FINDINGS.mkdir(parents=True, exist_ok=True)
    path = FINDINGS / f"reader-{zlib.crc32(content):08x}"
    path.write_bytes(content)
    print(f"kept {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
