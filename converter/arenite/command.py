"""What every command of the command line is made of: the application, its outcome, its errors, shared options."""

from __future__ import annotations

import functools
import json as jsonlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .errors import AreniteError

app = typer.Typer(
    name="arenite",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keras models to quantized .tflite files, and the interpreter that runs them inside one fixed arena.",
    epilog="Begin with [bold]arenite convert model.keras -o model.tflite[/bold]; every command explains itself with -h.",
)

Model = Annotated[Path, typer.Argument(help="A .tflite file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Trust = Annotated[bool, typer.Option("--trust", help="Load Keras models that carry code, such as Lambda layers.")]


class Optimize(StrEnum):
    """Values of ``--optimize``."""

    speed = "speed"
    balanced = "balanced"
    size = "size"


OptimizeOption = Annotated[
    Optimize,
    typer.Option(help="Kernels. speed: -O2. balanced: -Os. size: -Os and plain loops, several times slower."),
]


Regions = Annotated[
    str | None,
    typer.Option(
        help="The arena in two to four parts, the fast ones first: 64K,512K. What lies where, in the picture too.",
        show_default=False,
    ),
]


def byte_count(option: str, text: str) -> int:
    """``"65536"``, ``"64K"``, ``"2M"`` in bytes; BadParameter names the option."""
    units = {"K": 1 << 10, "M": 1 << 20}
    number = text.strip().upper().removesuffix("B")
    unit = units.get(number[-1:], 1)
    digits = number[:-1] if unit > 1 else number
    if not digits.isdecimal():
        raise typer.BadParameter(f"--{option} {text}: write bytes, as 65536 or 64K")
    return int(digits) * unit


def region_sizes(text: str | None) -> list[int] | None:
    """``--regions`` in bytes."""
    sizes = None if text is None else [byte_count("regions", part) for part in text.split(",")]
    if sizes is not None and not 2 <= len(sizes) <= 4:
        raise typer.BadParameter(f"--regions {text}: write two to four sizes, as 64K,512K")
    return sizes


@dataclass(frozen=True)
class Outcome:
    """What a command found: ``data`` for ``--json``, ``show`` prints it for people. ``ok`` False is exit code 1."""

    data: dict[str, Any]
    show: Callable[[], None]
    ok: bool = True


def command(function: Callable[..., Outcome]) -> Callable[..., None]:
    """Print the outcome, as tables or as JSON; turn the project's errors into one sentence and exit code 1."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            outcome = function(*args, **kwargs)
        except AreniteError as error:
            if kwargs["debug"]:
                raise
            if kwargs["json"]:
                print(jsonlib.dumps({"error": str(error), "kind": type(error).__name__}))
            print(f"error: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        if kwargs["json"]:
            print(jsonlib.dumps(outcome.data, indent=2, ensure_ascii=False))
        else:
            outcome.show()
        if not outcome.ok:
            raise typer.Exit(1)

    return wrapped
