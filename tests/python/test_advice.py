"""The advice of a comparison: which rows are told, in which order, and what is said to be the cause."""

from __future__ import annotations

from typing import Any

from arenite.comparison.advice import advise
from arenite.comparison.result import Advice, LayerError


def row(tensor: str, **figures: Any) -> LayerError:
    defaults = {"operator": "conv_2d", "bits": 8, "range_bits": 7.8, "output_sqnr_db": 20.0, "share": 0.3}
    given = {**defaults, **figures}
    return LayerError(index=0, tensor=tensor, sqnr_db=20.0, worst_abs_error=1.0, worst_steps=1.0, **given)


def kinds(*rows: LayerError, sqnr: float = 20.0) -> list[tuple[str, str]]:
    def place(advice: Advice) -> str:
        return advice.text.split("'")[1]

    inputs = [r for r in rows if r.operator == "input"]
    return [(place(a), a.kind) for a in advise(inputs, [r for r in rows if r.operator != "input"], sqnr)]


def test_the_costliest_is_told_first_and_the_cheap_not_at_all() -> None:
    rows = [row("a", share=0.1, rounding=0.9), row("b", share=0.6, rounding=0.9), row("c", share=0.04, rounding=0.9)]
    assert kinds(*rows) == [("b", "costly rounding"), ("a", "costly rounding")]


def test_what_lost_nothing_to_speak_of_is_left_alone() -> None:
    assert kinds(row("a", rounding=0.9), sqnr=39.9) and not kinds(row("a", rounding=0.9), sqnr=40.0)
    dead = row("a", channels=8, dead_channels=3, lost_channels=0)
    assert kinds(dead, sqnr=60.0) == [("a", "dead channels")]


def test_uneven_inputs_come_before_all() -> None:
    uneven = row("x", operator="input", share=0.1, channel_bits=2.0, spread=1000.0)
    costly = row("a", share=0.9, rounding=0.9)
    assert kinds(uneven, costly) == [("x", "uneven input"), ("a", "costly rounding")]
    assert "features differ 1,000" in advise([uneven], [], 20.0)[0].text


def test_channels_are_uneven_from_three_bits_on() -> None:
    assert kinds(row("a", channel_bits=4.8)) == [("a", "uneven channels")]
    assert kinds(row("a", channel_bits=4.9, rounding=0.9)) == [("a", "costly rounding")]


def test_the_cause_is_the_larger_part() -> None:
    assert kinds(row("a", rounding=0.5)) == [("a", "costly rounding")]
    assert kinds(row("a", rounding=0.4)) == [("a", "costly weights")]
    assert kinds(row("a", rounding=None)) == [("a", "costly weights")]


def test_a_plain_fault_is_told_instead_of_the_cost() -> None:
    assert kinds(row("a", rounding=0.9, saturation=0.002)) == [("a", "saturation")]
    assert kinds(row("a", rounding=0.9, saturation=0.0009)) == [("a", "costly rounding")]
    assert kinds(row("a", rounding=0.9, range_bits=6.5)) == [("a", "empty range")]
    assert kinds(row("a", rounding=0.9, range_bits=6.6)) == [("a", "costly rounding")]
