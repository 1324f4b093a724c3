"""Write the zoo's models as .tflite files, for tools that start from files.

    PYTHONPATH=tests python -m zoo.export DIRECTORY [pattern …]

DIRECTORY/<model>.<scheme>.tflite. A model that has its files is left alone, so a run can be broken off and taken up; one
that a scheme cannot convert gets an empty <model>.<scheme>.refused instead. Calibrated with few samples: these files are
for their structure.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import arenite
from arenite.atomic import write_bytes
from arenite.errors import AreniteError

from .measure import Subject
from .registry import Entry, load
from .results import wanted

SCHEMES = ("float32", "int8")
#: calibration samples
SAMPLES = 4


def main() -> None:
    parser = argparse.ArgumentParser(prog="zoo.export", description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("patterns", nargs="*", help="names or families, as fnmatch takes them; none: all")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    entries = [e for e in load().values() if wanted(e.name, e.family, options.patterns)]
    for number, entry in enumerate(entries, 1):
        missing = [s for s in SCHEMES if not any(options.directory.glob(f"{entry.name}.{s}.*"))]
        if missing:
            print(f"{number}/{len(entries)} {entry.name}", flush=True)
            _write(entry, missing, options.directory)


def _write(entry: Entry, schemes: list[str], directory: Path) -> None:
    subject = Subject.make(entry)
    for scheme in schemes:
        place = directory / f"{entry.name}.{scheme}.tflite"
        try:
            write_bytes(place, _converted(subject, scheme))
        except AreniteError:
            write_bytes(place.with_suffix(".refused"), b"")


def _converted(subject: Subject, scheme: str) -> bytes:
    if scheme == "float32":
        return arenite.convert(subject.graph).content
    samples = [array[:SAMPLES] for array in subject.calibration]
    return arenite.convert(subject.graph, scheme, calibration=samples, allow_float_fallback=True).content


if __name__ == "__main__":
    main()
