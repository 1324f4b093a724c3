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
from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.elf.elffile import ELFFile
from models import MODELS
from typer.testing import CliRunner

from arenite.board.elf import Elf
from arenite.cli import app

ROOT = Path(__file__).parents[3]
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
        assert_lines_are_known(elf)
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


def assert_lines_are_known(elf: Path) -> None:
    """Each function stands at the line of its file that defines it: in the interpreter, the kernels, the firmware."""
    functions = {
        "_ZN7arenite11Interpreter6invokeEPNS_5ErrorE": (
            "interpreter/interpreter.cc",
            "Interpreter::invoke(Error* error)",
        ),
        "_ZN7arenite5Model4openEPKvjPS0_PNS_5ErrorE": ("interpreter/model.cc", "Model::open("),
        "main": ("boards/firmware/main.cc", "int main()"),
    }
    symbols = Elf(elf).symbols
    with open(elf, "rb") as file:
        lines = line_numbers(ELFFile(file).get_dwarf_info(relocate_dwarf_sections=False))
    for symbol, (source, words) in functions.items():
        path, line = lines[symbols[symbol] & ~1]
        assert path.samefile(ROOT / source)
        assert words in path.read_text().splitlines()[line - 1]
    assert any(path.match("kernels_cpp/fully_connected.cc") for path, _ in lines.values())


def line_numbers(dwarf: DWARFInfo) -> dict[int, tuple[Path, int]]:
    """Address → file and line, the first that is said of it. Functions that were not linked seem to begin at 0."""
    found: dict[int, tuple[Path, int]] = {}
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        home = Path(unit.get_top_DIE().attributes["DW_AT_comp_dir"].value.decode())
        first = 0 if program["version"] >= 5 else 1  # before, lists began at 1, and folder 0 was home
        folders = [home] * first + [home / folder.decode() for folder in program["include_directory"]]
        linked: bool | None = None
        for state in filter(None, (entry.state for entry in program.get_entries())):
            linked = state.address != 0 if linked is None else linked
            if linked and state.is_stmt and not state.end_sequence:
                named = program["file_entry"][state.file - first]
                found.setdefault(state.address, (folders[named.dir_index] / named.name.decode(), state.line))
            linked = None if state.end_sequence else linked
    return found


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
