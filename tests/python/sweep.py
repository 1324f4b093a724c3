"""Every single damage to many models, under the sanitizers: ``tests/cpp/sweep.cc`` on each file of a directory.

    python tests/python/sweep.py DIRECTORY [--largest 4000] [--fresh]

Each bit flipped, each word set to 0, 1, −1 and the ends of the range, outside of the weights; each shorter length. What is
done stands in DIRECTORY/../results.json and is not done again unless the file has changed: a run can be broken off and
taken up. Prints the sums. Exit code 1 when a case crashed, hung or left its memory: the report ends with its number.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sanitized
from rich.progress import track

from arenite.atomic import write_bytes


@dataclass(frozen=True)
class Swept:
    """A file, or several: CRC, bytes, seconds that it took, and how the cases ended → how many."""

    crc: int
    size: int
    seconds: float
    ends: dict[str, int]

    @property
    def cases(self) -> int:
        return sum(self.ends.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--largest", type=int, default=4000, help="bytes; larger files are left out")
    parser.add_argument("--fresh", action="store_true", help="sweep again what is known")
    options = parser.parse_args()
    found = sorted(options.directory.glob("*.tflite"), key=lambda path: (path.stat().st_size, path.name))
    models = [path for path in found if path.stat().st_size <= options.largest]
    keep = options.directory.parent / "results.json"
    known = {} if options.fresh or not keep.exists() else json.loads(keep.read_text())
    results = {name: Swept(**fields) for name, fields in known.items()}
    program = sanitized.build() / "sweep"
    for path in track(models, "sweep"):
        if path.name in results and results[path.name].crc == zlib.crc32(path.read_bytes()):
            continue
        try:
            results[path.name] = sweep(program, [path])
        except subprocess.CalledProcessError as error:
            print(
                f"{error.stdout}{error.stderr}the last line names the case n and the file; again: {program} 1000000000 n FILE"
            )
            return 1
        write_bytes(keep, json.dumps({name: asdict(swept) for name, swept in results.items()}, indent=1).encode())
    print(summary([results[path.name] for path in models]))
    return 0


def sweep(program: Path, models: Sequence[Path], every: int = 1) -> Swept:
    """Run the program on files. CalledProcessError when a case did harm."""
    contents, start = [model.read_bytes() for model in models], time.monotonic()
    done = subprocess.run([program, str(every), "0", *models], capture_output=True, text=True, check=True)
    ends = {sentence: int(count) for count, sentence in (line.split(maxsplit=1) for line in done.stdout.splitlines())}
    crc, seconds = zlib.crc32(b"".join(contents)), round(time.monotonic() - start, 2)
    return Swept(crc, sum(map(len, contents)), seconds, ends)


def summary(results: list[Swept]) -> str:
    """For people: the sums, and how the cases ended."""
    ends: Counter[str] = Counter()
    for swept in results:
        ends.update(swept.ends)
    cases, seconds = sum(s.cases for s in results), sum(s.seconds for s in results)
    first = f"{len(results)} models, {sum(s.size for s in results):,} bytes, {cases:,} cases, {seconds:.0f} seconds"
    return "\n".join([first, *(f"{count:>10,} {sentence}" for sentence, count in ends.most_common())])


if __name__ == "__main__":
    sys.exit(main())
