"""``arenite size``: every byte has an owner, by the linker map and by symbols; what cannot be read is told."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from models import MODELS
from typer.testing import CliRunner

from arenite.board.elf import Elf
from arenite.board.firmware import build_firmware
from arenite.board.size import firmware_size
from arenite.board.table import find_board
from arenite.cli import app
from arenite.errors import BoardError

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three dense layers, with its map beside it."""
    directory = tmp_path_factory.mktemp("size")
    board = find_board("cortex-m4")
    return build_firmware(MODELS["sine"](), ["fully_connected"], 208, board, "size", directory).elf


def test_every_byte_has_an_owner(firmware: Path) -> None:
    size, sections = firmware_size(firmware), Elf(firmware).sections
    assert size.flash == sum(sections.get(name, 0) for name in (".vectors", ".text", ".rodata", ".model", ".data"))
    assert size.ram == sections.get(".data", 0) + sections[".bss"]
    parts = {(part.group, part.name): part for part in size.parts}
    assert size.groups()["models"] == len(MODELS["sine"]())
    assert parts["kernels", "fully_connected"].flash > 500
    assert {name for group, name in parts if group == "kernels" and ":" not in name} == {"fully_connected"}
    assert 5000 < parts["core", "interpreter"].flash < 7000
    assert parts["alignment", ""].flash < 100
    assert parts["program", "arena.cc.obj"].sizes == {"constants": 4, "bss": 208}


def test_symbols_tell_the_same_of_what_is_ours(firmware: Path, tmp_path: Path) -> None:
    by_map = firmware_size(firmware)
    alone = tmp_path / "alone.elf"
    shutil.copy(firmware, alone)
    by_symbols = firmware_size(alone)
    assert by_symbols.linker_map is None and by_symbols.flash == by_map.flash and by_symbols.ram == by_map.ram
    for group in ("core", "kernels"):  # strings and padding have no symbols
        assert 0.8 < by_symbols.groups()[group] / by_map.groups()[group] <= 1.05, group


def test_the_command(firmware: Path) -> None:
    runner = CliRunner()
    printed = runner.invoke(app, ["size", str(firmware)]).output
    assert "bytes of flash" in printed and "fully_connected" in printed and "libraries" in printed
    answer = json.loads(runner.invoke(app, ["size", str(firmware), "--json"]).output)
    assert answer["flash"] == sum(part["flash"] for part in answer["parts"]) == sum(answer["groups"].values())


def test_what_is_no_firmware_is_told(firmware: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.elf"
    text.write_text("no")
    with pytest.raises(BoardError, match="is no ELF file"):
        firmware_size(text)
    with pytest.raises(BoardError, match="cannot read"):
        firmware_size(tmp_path / "absent.elf")
    with pytest.raises(BoardError, match="no map of GNU ld"):
        firmware_size(firmware, text)
    mapped = firmware.with_name(f"{firmware.name}.map").read_text()
    grown = tmp_path / "grown.map"
    grown.write_text(re.sub(r"0xd0(?= \S*arena)", "0xffd0", mapped))
    with pytest.raises(BoardError, match=r"is not that of 'model_firmware\.elf': it lists 65,280 bytes more of bss"):
        firmware_size(firmware, grown)
