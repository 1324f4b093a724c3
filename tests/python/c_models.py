"""The models of tests/c/c_api.c, and how firmware that a test builds gets its models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import small_models

from arenite.text import parse
from arenite.writer import write

SUMMING = """
%x: float32[1,4] = input
%a: resource[] = var_handle() {shared_name="a"}
%old: float32[1,4] = read_variable(%a)
%twice: float32[1,4] = add(%x, %x)
%new: float32[1,4] = add(%old, %twice)
assign_variable(%a, %new)
return %new
"""
ROUNDS = """
%n: float32[] = input
%k: float32[] = const 0.0
%i: float32[], %m: float32[] = while(%k, %n) {cond_subgraph_index=@"more", body_subgraph_index=@"next"}
return %i

subgraph "more"
%i: float32[] = input
%n: float32[] = input
%b: bool[] = less(%i, %n)
return %b

subgraph "next"
%i: float32[] = input
%n: float32[] = input
%1: float32[] = const 1.0
%j: float32[] = add(%i, %1)
return %j, %n
"""
MODELS = {
    "model": small_models.int8_mlp,
    "summing": lambda: write(parse(SUMMING)),
    "rounds": lambda: write(parse(ROUNDS)),
}


def write_all(directory: Path) -> dict[str, Path]:
    """Each as ``<name>.tflite``, by the symbol that c_api.c has for it."""
    for name, make in MODELS.items():
        (directory / f"{name}.tflite").write_bytes(make())
    return {f"{name}_data": directory / f"{name}.tflite" for name in MODELS}


def assembly(files: Mapping[str, Path]) -> str:
    """Files in flash, aligned to 16, by symbol; ``<symbol>_end`` is behind the last byte. For the assembler."""
    return "".join(
        f'.section .rodata.{symbol},"a"\n.balign 16\n.global {symbol}, {symbol}_end\n'
        f'{symbol}:\n.incbin "{path}"\n{symbol}_end:\n'
        for symbol, path in files.items()
    )
