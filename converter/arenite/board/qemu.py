"""Run firmware under QEMU and count its instructions.

``python -m arenite.board.qemu firmware.elf --board cortex-m4 --count arenite_count_start:arenite_count_stop --profile``
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import AreniteError, BoardError
from .elf import Elf
from .table import Board, find_board, source_root, work_directory
from .tools import require, run_tool

START, STOP, LAP = "arenite_count_start", "arenite_count_stop", "arenite_count_lap"


@dataclass(frozen=True)
class Execution:
    """One run of a firmware.

    output   what it printed.
    marks    (label, instructions retired since reset) for every entry of a marked address, in order.
    profile  function → instructions between entries of the first two marks; empty unless asked for.
    """

    output: str
    marks: list[tuple[str, int]] = field(default_factory=list)
    profile: dict[str, int] = field(default_factory=dict)

    def spans(self, start: str, stop: str) -> list[int]:
        """Instructions from each entry of ``start`` to the next entry of ``stop``."""
        found, begin = [], None
        for label, count in self.marks:
            if label == start:
                begin = count
            elif label == stop and begin is not None:
                found.append(count - begin)
                begin = None
        return found


def counter_plugin() -> Path:
    """The instruction counter, compiled with the host's compiler on first use and whenever its source changes."""
    sources = [source_root() / "boards" / "qemu" / name for name in ("counter.c", "plugin_api.h")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    plugin = work_directory() / f"counter-{digest}.so"
    if not plugin.exists():
        fresh = plugin.with_suffix(f".{os.getpid()}.tmp")
        run_tool(["cc", "-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", sources[0], "-o", fresh])
        fresh.replace(plugin)
    return plugin


def execute(
    elf: Path,
    board: Board,
    marks: Mapping[str, int] | None = None,
    profile: bool = False,
    cwd: Path | None = None,
    timeout: float = 300,
) -> Execution:
    """Run ``elf`` until it exits.

    marks    label → address of a function whose entries are logged; with ``profile`` the first two delimit what is
             profiled.
    cwd      where the firmware's semihosting files live; a fresh directory when None.
    timeout  seconds.
    Raises BoardError when the firmware faults, returns non-zero or does not end.
    """
    with tempfile.TemporaryDirectory(prefix="arenite-qemu-") as scratch:
        log = Path(scratch) / "counter.log"
        printed = Path(scratch) / "printed"
        command = emulator(elf, board, f"file,id=print,path={printed}")
        if marks:
            options = [f"out={log}", *(f"mark={a}" for a in marks.values())] + ["profile=on"] * profile
            command += ["-plugin", ",".join([str(counter_plugin()), *options])]
        output = _run_qemu(command, elf, board, printed, cwd or Path(scratch), timeout)
        if not marks:
            return Execution(output)
        return _parse_log(output, log, {address: label for label, address in marks.items()}, elf)


def emulator(elf: Path, board: Board, chardev: str) -> list[str]:
    """The command that runs ``elf``. What it prints goes to the character device ``chardev``, called "print"."""
    command = [
        require(board.emulator),
        "-M",
        *board.machine.split(),
        "-nographic",
        "-monitor",
        "none",
        "-serial",
        "none",
    ]
    command += ["-chardev", chardev, "-kernel", str(elf.resolve())]
    return [*command, "-semihosting-config", "enable=on,target=native,chardev=print"]


def _run_qemu(command: list[str], elf: Path, board: Board, printed: Path, cwd: Path, timeout: float) -> str:
    """Run to the end and return what the firmware printed; what QEMU itself says goes into the error."""
    what = f"{elf.name} on {board.name}"
    try:
        done = subprocess.run(
            command, check=False, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        raise BoardError(f"{what} did not end within {timeout:g} s") from None
    output = printed.read_text(errors="replace") if printed.exists() else ""
    if done.returncode != 0:
        said = _name_places((output + done.stderr).strip(), elf)
        raise BoardError(f"{what} ended with exit code {done.returncode}: {said or 'no output'}")
    return output


def _name_places(text: str, elf: Path) -> str:
    """Put the function behind each ``pc=0x…`` of a fault report."""
    return re.sub(r"pc=0x([0-9a-f]+)", lambda m: f"{m[0]} in {Elf(elf).function_at(int(m[1], 16))}", text)


def _parse_log(output: str, log: Path, names: dict[int, str], elf: Path) -> Execution:
    marks: list[tuple[str, int]] = []
    blocks: list[tuple[int, int]] = []
    for line in log.read_text().splitlines():
        kind, *numbers = line.split()
        values = [int(n) for n in numbers]
        if kind == "mark":
            marks.append((names[values[0]], values[1]))
        else:
            blocks.append((values[0], values[1] * values[2]))
    return Execution(output, marks, Elf(elf).by_function(blocks) if blocks else {})


def _main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m arenite.board.qemu", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("elf", type=Path)
    parser.add_argument("--board", required=True, help="row of boards/boards.csv")
    parser.add_argument("--count", default=f"{START}:{STOP}", help="START:STOP, two functions; default %(default)s")
    parser.add_argument("--profile", action="store_true", help="also instructions by function between START and STOP")
    args = parser.parse_args(argv)
    start, _, stop = args.count.partition(":")
    try:
        elf = Elf(args.elf)
        marks = {name: elf.address(name) for name in (start, stop)}
        run = execute(args.elf, find_board(args.board), marks, args.profile)
    except AreniteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(run.output, end="")
    for span in run.spans(start, stop):
        print(f"instructions {span}")
    for name, instructions in run.profile.items():
        print(f"{instructions:12d}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
