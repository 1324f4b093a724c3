"""``fuzz_reader.py`` guided by coverage: atheris (libFuzzer for Python) keeps the files that enter new code of the reader.

    python tests/python/fuzz_reader_guided.py -max_total_time=3600      other options are libFuzzer's

Needs atheris. The corpus grows in build/fuzz/reader; what went wrong lies in build/fuzz/findings.
"""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["arenite"]):
    import arenite.flexbuffer
    import arenite.inspection
    import arenite.reader
    import arenite.remarks
    import arenite.text
    import arenite.writer  # noqa: F401

import fuzz_reader
from damage import damage, is_sound, places

CORPUS = Path(__file__).parents[2] / "build" / "fuzz" / "reader"


def main() -> None:
    CORPUS.mkdir(parents=True, exist_ok=True)
    fuzz_reader.FINDINGS.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(fuzz_reader.seeds()):
        (CORPUS / f"seed_{number}").write_bytes(content)
    signal.signal(signal.SIGALRM, fuzz_reader.hangs)
    options = [
        f"-artifact_prefix={fuzz_reader.FINDINGS}/reader-", f"-timeout={fuzz_reader.PATIENCE}", "-max_len=16384",
        "-rss_limit_mb=2048", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:], str(CORPUS)], one, custom_mutator=mutated)
    atheris.Fuzz()


def one(content: bytes) -> None:
    fuzz_reader.try_once(content)


def mutated(content: bytes, most: int, seed: int) -> bytes:
    """By what the format knows where the file is sound; one time in four libFuzzer's own way."""
    rng = random.Random(seed)
    if rng.random() < 0.25:
        return bytes(atheris.Mutate(content, most))
    return damage(content, rng, places(content) if is_sound(content) else None)[:most]


if __name__ == "__main__":
    main()
