"""Firmware for emulated boards: build a model's firmware, run it under QEMU, measure it.

>>> result = arenite.board.run(model_bytes, [sample], board="cortex-m4")
>>> result.outputs, result.arena, result.instructions, result.flash, result.ram
"""

from .benching import Bench, BoardBench, bench
from .report import BoardRun, Flash, OperatorCost, Ram
from .running import run
from .stack import StackBound, stack_bound
from .table import Board, boards
from .tools import missing_tools

__all__ = [
    "Bench",
    "Board",
    "BoardBench",
    "BoardRun",
    "Flash",
    "OperatorCost",
    "Ram",
    "StackBound",
    "bench",
    "boards",
    "missing_tools",
    "run",
    "stack_bound",
]
