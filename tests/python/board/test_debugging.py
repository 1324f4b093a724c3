"""``arenite bench --gdb``: QEMU's stub answers with the first instruction, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from models import MODELS
from typer.testing import CliRunner

from arenite.board.elf import Elf
from arenite.cli import app

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]


def connected(port: int) -> socket.socket:
    """QEMU may need a moment on a busy machine until it listens."""
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise ConnectionRefusedError(port)


def ask(port: int, packet: str) -> str:
    """One packet of gdb's remote protocol and its answer."""
    with connected(port) as stub:
        stub.sendall(f"${packet}#{sum(packet.encode()) & 0xFF:02x}".encode())
        answer = b""
        while not re.search(rb"#[0-9a-f]{2}", answer):
            received = stub.recv(4096)
            assert received, f"the stub closed after {answer!r}"
            answer += received
    return re.findall(rb"\$(.*)#", answer)[0].decode()


def test_a_debugger_finds_the_firmware_halted(tmp_path: Path) -> None:
    model = tmp_path / "sine.tflite"
    model.write_bytes(MODELS["sine"]())
    command = [sys.executable, "-m", "arenite", "bench", str(model), "--optimize", "size", "--gdb"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_interrupts
    )
    try:
        elf, port = announced(process)
        registers = ask(port, "g")
        pc = int.from_bytes(bytes.fromhex(registers[15 * 8 : 16 * 8]), "little")
        assert pc == Elf(elf).symbols["start"]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0 and "Traceback" not in errors
        assert not elf.exists()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=20)
    finally:  # Ctrl-C ends the emulator too, kill would leave it running
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def hear_interrupts() -> None:
    """In the child: a shell that starts its commands in the background has them ignore Ctrl-C, and so do theirs."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def announced(process: subprocess.Popen[str]) -> tuple[Path, int]:
    """Firmware and port that the command prints."""
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        said += line
    found = re.search(r"gdb(?:-multiarch)? (\S+\.elf) -ex 'target remote localhost:(\d+)'", said)
    assert found, said
    return Path(found[1]), int(found[2])


def test_one_board_only(tmp_path: Path) -> None:
    model = tmp_path / "sine.tflite"
    model.write_bytes(MODELS["sine"]())
    result = CliRunner().invoke(app, ["bench", str(model), "--board", "cortex-m4,cortex-m3", "--gdb"])
    assert result.exit_code == 2 and "one --board" in result.output
