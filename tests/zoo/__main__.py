"""Measure the zoo and print docs/coverage.md.

    PYTHONPATH=tests python -m zoo [--side arenite|litert] [--fresh] [--keep FILE] [pattern …]

Results go to docs/coverage.json after each step, and what is there already is not measured again unless --fresh: a run
can be broken off and taken up. The work is done in one child process that imports TensorFlow once; when LiteRT's converter
or TFLite Micro kill it, or hang, that is the step's result and a new child goes on behind it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from .results import Results
from .table import show, write_page

#: seconds without a result after which a step counts as hanging.
PATIENCE = 300.0


def main() -> int:
    options = _options()
    if options.work:
        from .work import work

        work(Results.open(options.keep), options.side, options.patterns)
        return 0
    results = Results.open(options.keep)
    if options.fresh:
        results.forget(options.side, options.patterns)
    while not _child_finishes(options.keep):
        Results.open(options.keep).blame_interrupted()
    results = Results.open(options.keep)
    show(results, options.patterns)
    if not options.patterns and options.side is None:
        write_page(results)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="zoo", description=__doc__.splitlines()[0])
    parser.add_argument("patterns", nargs="*", help="names or families, as fnmatch takes them; none: all")
    parser.add_argument("--side", choices=("arenite", "litert"), help="measure one converter only")
    parser.add_argument("--fresh", action="store_true", help="measure again what is known")
    parser.add_argument("--keep", type=Path, default=Results.PLACE, help="the file of results")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _child_finishes(keep: Path) -> bool:
    """Run the child; False when it died or hung in the middle of a step."""
    child, begun = subprocess.Popen([sys.executable, "-m", "zoo", "--work", *sys.argv[1:]]), time.time()
    try:
        while child.poll() is None:
            time.sleep(0.5)
            heard = max(begun, keep.stat().st_mtime) if keep.exists() else begun
            if time.time() - heard > PATIENCE:
                child.kill()
    except KeyboardInterrupt:
        child.kill()
        raise SystemExit(130) from None
    if child.returncode > 0:
        raise SystemExit(child.returncode)  # a mistake in the zoo itself: its traceback is on the screen
    return child.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
