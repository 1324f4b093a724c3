"""What the fuzzers' corpus and damaged models enter of the runtime: functions and regions, by part. Needs clang and llvm.

    python tests/python/fuzz_coverage.py [--copies 300] [--missing] [--json]

Plays back build/fuzz (what libFuzzer has kept), runs a model of every signature and ``--copies`` damaged copies of each.
A region is a piece of code that runs as a whole: what stands between branches. --missing lists functions not entered.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sanitized
from test_fuzz import CORPUS, SECONDS, make_seeds

from arenite.board.elf import demangle

BUILD = sanitized.ROOT / "build" / "coverage"
FLAGS = "-fprofile-instr-generate -fcoverage-mapping"
#: part → (file, function) as regular expressions; the first match counts
PARTS = {
    "structure.cc: bounds of the flatbuffer": (r"interpreter/structure\.cc", ""),
    "content.cc: what the tables say": (r"interpreter/content\.cc", ""),
    "model.cc, flatbuffer, signatures": (r"interpreter/(model|flatbuffer|signature)\.", ""),
    "allocate, callees, variables, planner": (r"interpreter/(allocate|callee|variable|arena/planner)\.cc", ""),
    "the rest of the interpreter": (r"interpreter/", ""),
    "kernels, prepare": (r"kernels_cpp/[^/]+$", r"prepare"),
    "kernels, eval": (r"kernels_cpp/[^/]+$", r"eval"),
    "kernels, other functions": (r"kernels_cpp/[^/]+$", ""),
    "microkernels": (r"kernels_cpp/microkernels/", ""),
}
#: functions that only the compiler calls, when it fills tables
_CONSTEXPR = re.compile(
    r"built_signatures|kernels(4find|10only_float|8contains|9has_int16|9is_hybrid|10is_integer|13only_integers)"
    r"|16layoutIL|_15tableENS0|_16tablesENS0|10make_table|16make_reciprocals|12constant_exp|13sigmoid_table|_16excessEi"
)
_CODE = 0  # kind of a region that is code, not an expansion or skipped


@dataclass(frozen=True)
class Function:
    """One function, all of its instantiations together: file, name, and its regions → whether one was run."""

    file: str
    name: str
    regions: dict[tuple[int, ...], bool]

    @property
    def entered(self) -> bool:
        return any(self.regions.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=300, help="damaged ones of each model")
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sanitized.require_fuzzer()
    programs = build()
    functions = list(measured(run(programs, options.copies), programs))
    if options.json:
        print(json.dumps(figures(functions)))
        return 0
    print(table(figures(functions)))
    if options.missing:
        lost = [f for f in functions if part_of(f) and not f.entered]
        for function, name in zip(lost, demangle([f.name for f in lost]), strict=True):
            print(f"{function.file}: {name}")
    return 0


def build() -> Path:
    """The instrumented programs' directory."""
    options = [f"-DCMAKE_CXX_FLAGS={FLAGS}", "-DCMAKE_CXX_COMPILER=clang++", "-DARENITE_SANITIZE=fuzzer-no-link"]
    sanitized.call("cmake", "-S", sanitized.ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", *options)
    targets = (*SECONDS, "mutate")
    sanitized.call("cmake", "--build", BUILD, "-j", "2", "--target", *targets, seconds=3600)
    return BUILD / "tests" / "cpp"


def run(programs: Path, copies: int) -> Path:
    """Run everything; the merged profile."""
    seeds, raw = BUILD / "seeds", BUILD / "raw"
    make_seeds(seeds)
    shutil.rmtree(raw, ignore_errors=True)
    for program in SECONDS:
        kept = [corpus for corpus in (seeds, CORPUS / program) if corpus.is_dir()]
        _profiled(raw, programs / program, "-runs=0", *map(str, kept))
    _profiled(raw, programs / "mutate", str(copies), "1", *map(str, sorted(seeds.iterdir())))
    merged = BUILD / "merged.profdata"
    sanitized.call(tool("llvm-profdata"), "merge", "-sparse", *sorted(raw.iterdir()), "-o", merged)
    return merged


def _profiled(raw: Path, program: Path, *arguments: str) -> None:
    environment = {**os.environ, "LLVM_PROFILE_FILE": str(raw / f"{program.name}.profraw")}
    subprocess.run([program, *arguments], check=True, capture_output=True, env=environment)


def tool(name: str) -> str:
    """The program of clang's own version where there are several."""
    version = re.search(r"version (\d+)", sanitized.call("clang++", "--version"))
    found = shutil.which(f"{name}-{version[1]}") if version else None
    path = found or shutil.which(name)
    if path is None:
        sys.exit(f"{name} is missing (apt-get install llvm)")
    return path


def measured(profile: Path, programs: Path) -> Iterator[Function]:
    """Every function of the runtime."""
    first, *others = (programs / name for name in (*SECONDS, "mutate"))
    objects = [word for program in others for word in ("-object", program)]
    command = [tool("llvm-cov"), "export", first, *objects, f"-instr-profile={profile}"]
    document = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    merged: dict[tuple[str, str], dict[tuple[int, ...], bool]] = {}
    for function in document["data"][0]["functions"]:
        own = merged.setdefault(_place(function), {})
        for *where, count, file, _, kind in function["regions"]:
            if file == 0 and kind == _CODE:
                own[tuple(where)] = own.get(tuple(where), False) or count > 0
    yield from (Function(file, name, regions) for (file, name), regions in merged.items())


def _place(function: dict[str, Any]) -> tuple[str, str]:
    path = Path(function["filenames"][0]).resolve()  # ccache keeps paths relative
    return str(path.relative_to(sanitized.ROOT)), function["name"].split(":")[-1]


def part_of(function: Function) -> str | None:
    """The key of PARTS; None for what is no part of the runtime."""
    if _CONSTEXPR.search(function.name):
        return None
    for part, (file, name) in PARTS.items():
        if re.match(file, function.file) and re.search(name, function.name):
            return part
    return None


def figures(functions: Sequence[Function]) -> dict[str, dict[str, int]]:
    """Part → functions and regions, entered and all."""
    sums = {part: {"functions": 0, "entered": 0, "regions": 0, "run": 0} for part in PARTS}
    for function in functions:
        part = part_of(function)
        if part is not None:
            sums[part]["functions"] += 1
            sums[part]["entered"] += function.entered
            sums[part]["regions"] += len(function.regions)
            sums[part]["run"] += sum(function.regions.values())
    return sums


def table(sums: dict[str, dict[str, int]]) -> str:
    """Markdown."""
    lines = ["| part | functions entered | regions run |", "|---|---|---|"]
    for part, own in sums.items():
        share = f"{own['run'] / max(own['regions'], 1):.1%}"
        lines.append(
            f"| {part} | {own['entered']} of {own['functions']} | {own['run']:,} of {own['regions']:,} ({share}) |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
