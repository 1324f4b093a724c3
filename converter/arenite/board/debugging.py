"""``bench --gdb``: a model's firmware halted at its first instruction, for a debugger to take over."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import BoardError
from .benching import random_inputs
from .qemu import emulator
from .running import built
from .table import Board, find_board

PORT = 1234
#: debuggers that know the boards' processors; gdb for one family comes with its compiler on some systems
_ANY_FAMILY = "gdb-multiarch"


@dataclass(frozen=True)
class DebugSession:
    """QEMU that waits. ``command`` is what to type in another terminal."""

    elf: Path
    port: int
    command: str
    process: subprocess.Popen[bytes]

    def wait(self) -> int:
        """Until the debugger or the firmware ends it: QEMU's exit code."""
        return self.process.wait()


@contextmanager
def debug_session(model: bytes, board: str, optimize: str = "speed", port: int = PORT) -> Iterator[DebugSession]:
    """Build the firmware of ``model`` for ``board`` with one random sample and start it halted, on the local host only.

    port  of TCP, or the next free one.

    The firmware and QEMU last as long as the context. Raises as :func:`arenite.board.run`, and BoardError when QEMU does not
    start.
    """
    where = find_board(board)
    with built(model, [random_inputs(model)], where, optimize, debug=True) as (firmware, _):
        at = _free_port(port)
        command = [*emulator(firmware.elf, where, "stdio,id=print,signal=off"), "-S", "-gdb", f"tcp:127.0.0.1:{at}"]
        process = subprocess.Popen(command, cwd=firmware.elf.parent, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _await_stub(process, at)
            yield DebugSession(firmware.elf, at, _gdb(where, firmware.elf, at), process)
        finally:
            process.terminate()
            process.communicate()


def _free_port(first: int) -> int:
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise BoardError(f"no TCP port from {first} to {first + 99} is free for the debugger")


def _await_stub(process: subprocess.Popen[bytes], port: int, timeout: float = 30) -> None:
    """Until QEMU listens. Asked of its process, not of the port: a connection would be the debugger's."""
    try:
        process.wait(0.3)
    except subprocess.TimeoutExpired:
        return
    said = (process.communicate(timeout=timeout)[1] or b"").decode(errors="replace").strip()
    raise BoardError(f"QEMU ended before a debugger could reach port {port}: {said or 'it says nothing'}")


def _gdb(board: Board, elf: Path, port: int) -> str:
    own = f"{board.tools}-gdb"
    program = own if shutil.which(own) else _ANY_FAMILY
    return f"{program} {elf} -ex 'target remote localhost:{port}' -ex 'break main' -ex continue"
