"""A model on every board: the same bytes and the same arena as on the host, and nothing in flash that has no business there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from models import MODELS

import arenite.board
from arenite.board.disassembly import Function, Step, walk
from arenite.board.elf import Elf, parts_of
from arenite.board.firmware import Firmware, build_firmware
from arenite.board.table import Board, find_board
from arenite.errors import BoardError
from arenite.opdef import rows
from arenite.runtime import Interpreter

pytestmark = pytest.mark.needs_tools

#: mangled names that a firmware must not hold: allocation, exceptions, RTTI, unwinding, C++ run-time start and end
FORBIDDEN = re.compile(
    r"^(_?malloc|_?free|_?calloc|_?realloc|_malloc_r|_free_r|_?sbrk|_sbrk_r)$"
    r"|^_Zn[wa]|^_Zd[la]|^__cxa_|^__gxx_personality|^_ZT[ISV]|^_Unwind|^__aeabi_unwind|^__register_exitproc|^atexit$"
)
#: double precision in software
SOFT_DOUBLE = re.compile(r"^__aeabi_(d(?!iv0)|[if]2d|u?i2d|u?l2d|cd|cf?rd)")


@cache
def model(name: str) -> bytes:
    return MODELS[name]()


def samples(name: str, count: int) -> list[np.ndarray]:
    shape = Interpreter(model_content=model(name)).get_input_details()[0]["shape"]
    return list(np.random.default_rng(1).integers(-128, 128, (count, *shape)).astype(np.int8))


def on_host(name: str, inputs: list[np.ndarray]) -> tuple[list[np.ndarray], int]:
    """Outputs and arena of the host's interpreter."""
    interpreter = Interpreter(model_content=model(name))
    interpreter.allocate_tensors()
    outputs = []
    for sample in inputs:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], sample)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).copy())
    return outputs, int(interpreter.arena_used())


@pytest.fixture(scope="session")
def firmware(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """(model name or "", board name) → its firmware; "" has an empty resolver."""

    @cache
    def made(name: str, board: str) -> Firmware:
        directory = tmp_path_factory.mktemp("firmware")
        if not name:
            return build_firmware(b"\0" * 16, [], 16, find_board(board), "size", directory)
        host = Interpreter(model_content=model(name))
        host.allocate_tensors()
        kernels = list(host.op_counts())
        return build_firmware(model(name), kernels, int(host.arena_used()), find_board(board), "size", directory)

    return made


@pytest.mark.parametrize("name", ["digits", "autoencoder"])
@pytest.mark.parametrize("optimize", ["size", "checked"])  # "checked" is "balanced" with traps
def test_outputs_and_arena_equal_the_hosts(name: str, optimize: str, full_board: Board) -> None:
    assert_equal_to_host(name, optimize, full_board)


@pytest.mark.parametrize("name", ["digits", "autoencoder"])
def test_fast_outputs_and_arena_equal_the_hosts(name: str, board: Board) -> None:
    assert_equal_to_host(name, "speed", board)


def assert_equal_to_host(name: str, optimize: str, board: Board) -> None:
    inputs = samples(name, 3)
    expected, arena = on_host(name, inputs)
    result = arenite.board.run(model(name), inputs, board.name, optimize)
    assert [output.tobytes() for (output,) in result.outputs] == [output.tobytes() for output in expected]
    assert len({output.tobytes() for output in expected}) > 1
    assert result.arena == arena == result.ram.arena


def test_figures_repeat_exactly_and_hang_together() -> None:
    sample = samples("digits", 1)[0]
    first, second = (arenite.board.run(model("digits"), [sample, sample], "cortex-m4") for _ in range(2))
    assert first.to_dict() == second.to_dict()
    assert first.instructions[0] == first.instructions[1] > 10_000
    assert first.flash.model == -(-len(model("digits")) // 4) * 4
    assert sum(first.flash.parts.values()) == pytest.approx(first.flash.total, rel=0.01)
    assert first.flash.parts["harness"] < 3000 < first.flash.runtime
    assert 100 < first.ram.stack_invoke < 4096
    assert 100 < first.ram.stack_allocate < 4096


def test_operators_are_counted_one_by_one() -> None:
    result = arenite.board.run(model("digits"), samples("digits", 2), "cortex-m4", per_operator=True, profile=True)
    host = Interpreter(model_content=model("digits"))
    names = [operator.name for operator in result.operators]
    assert {name: names.count(name) for name in names} == host.op_counts()
    counted = sum(operator.instructions for operator in result.operators)
    assert 0.98 * result.instructions[0] < counted <= result.instructions[0]
    assert sum(result.functions.values()) == result.setup_instructions + sum(result.instructions)


@pytest.mark.parametrize("name", ["", "digits"])
def test_no_allocation_exceptions_rtti_or_static_constructors(name: str, full_board: Board, firmware) -> None:  # type: ignore[no-untyped-def]
    elf = Elf(firmware(name, full_board.name).elf)
    assert [symbol for symbol in elf.symbols if FORBIDDEN.search(symbol)] == []
    assert elf.sections.get(".init_array", 0) == 0


@pytest.mark.parametrize(
    "symbol",
    [
        "malloc",
        "_sbrk",
        "_Znwj",
        "_ZdlPv",
        "__cxa_pure_virtual",
        "_ZTI3Foo",
        "_Unwind_Resume",
        "__aeabi_unwind_cpp_pr0",
    ],
)
def test_the_ban_recognizes(symbol: str) -> None:
    assert FORBIDDEN.search(symbol)


def test_int8_firmware_has_no_double_precision(full_board: Board, firmware) -> None:  # type: ignore[no-untyped-def]
    for name in ("", "digits"):
        symbols = Elf(firmware(name, full_board.name).elf).symbols
        assert [symbol for symbol in symbols if SOFT_DOUBLE.search(symbol)] == []


def test_kernels_that_no_resolver_names_are_absent(full_board: Board, firmware) -> None:  # type: ignore[no-untyped-def]
    def kernels(name: str) -> set[str]:
        symbols = Elf(firmware(name, full_board.name).elf).symbols
        return {row for row in rows() if f"_ZN7arenite7kernels{len(row)}{row}E" in symbols}

    assert kernels("") == set()
    assert kernels("sine") == {"fully_connected"}
    assert kernels("digits") == set(Interpreter(model_content=model("digits")).op_counts())


def test_core_takes_at_most_6_kib_of_flash(firmware) -> None:  # type: ignore[no-untyped-def]
    core = parts_of(firmware("", "cortex-m3").map)["core"]
    assert 1000 < sum(core.values()) <= 6144


@pytest.mark.parametrize("name", ["", "digits"])
def test_runtime_and_kernels_have_no_data_and_hardly_any_bss(name: str, full_board: Board, firmware) -> None:  # type: ignore[no-untyped-def]
    parts = parts_of(firmware(name, full_board.name).map)
    assert [part for part in ("core", "kernels", "resolver") if parts.get(part, {}).get("data", 0) != 0] == []
    assert sum(parts.get(part, {}).get("bss", 0) for part in ("core", "kernels")) <= 512
    assert parts["core"]["text"] > 1000, "the map has no core"


def test_the_stack_bound_holds_and_is_no_guess() -> None:
    painted = arenite.board.run(model("digits"), samples("digits", 1), "cortex-m4").ram
    bound = arenite.board.stack_bound(model("digits"), "cortex-m4")
    frames = 256  # of reset, main and semihosting, which the bound leaves to the caller
    assert bound.invoke <= painted.stack_invoke + frames
    assert painted.stack_invoke <= bound.invoke + frames
    assert max(bound.open, bound.allocate) <= painted.stack_allocate + frames
    assert painted.stack_allocate <= max(bound.open, bound.allocate) + frames


def test_code_whose_stack_cannot_be_followed_is_told() -> None:
    endless = Function("f", 0, [Step(0, grows=8), Step(2, jumps=0)])
    with pytest.raises(BoardError, match="'f': it grows in a loop"):
        list(walk(endless))
    with pytest.raises(BoardError, match="'f': unknown change"):
        list(walk(Function("f", 0, [Step(0)], problem="unknown change")))


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (np.zeros((8, 8), np.float32), r"sample 0 is float32\[8, 8\]; input '.*' takes int8\[1, 8, 8, 1\]"),
        (np.zeros((8, 7), np.int8), r"sample 0 is int8\[8, 7\]"),
        ([], "sample 0 has 0 arrays; the model has 1 input"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(sample: np.ndarray, message: str) -> None:
    with pytest.raises(BoardError, match=message):
        arenite.board.run(model("digits"), [sample])


def test_an_arena_that_is_too_small_is_told_by_the_board(tmp_path: Path) -> None:
    from arenite.board.qemu import execute

    m3 = find_board("cortex-m3")
    small = build_firmware(model("sine"), ["fully_connected"], 64, m3, "size", tmp_path)
    with pytest.raises(BoardError, match="allocate failed: status ArenaTooSmall"):
        execute(small.elf, m3)


def test_an_unknown_optimization_is_refused() -> None:
    with pytest.raises(BoardError, match="'speed', 'balanced', 'size', 'checked'"):
        arenite.board.run(model("sine"), [], optimize="fast")
