"""Sixteen bits where they count: the wanted accuracy is reached, by less than everything, and the price is true."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from arenite.conversion import Conversion, convert
from arenite.errors import AreniteError
from arenite.graph import Graph
from arenite.passes import PassContext
from arenite.passes.precision import _Search
from arenite.runtime import Interpreter
from arenite.text import parse

#: Two convolutions, which are dear in int16, and two layers behind them that are cheap.
MODEL = """
%x: float32[1,8,8,2] = input "image"
%w: float32[8,3,3,2] = const random(1)
%b: float32[8] = const [0.5, -1, 2, 0, 1, 1, 0, 0]
%c: float32[1,8,8,8] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1, fused_activation_function="RELU"} @"stem"
%u: float32[8,3,3,8] = const random(2)
%d: float32[1,8,8,8] = conv_2d(%c, %u, %b) {stride_w=1, stride_h=1, fused_activation_function="RELU"} @"middle"
%i: int32[2] = const [1, 2]
%m: float32[1,8] = mean(%d, %i) @"average"
%v: float32[8,8] = const random(3)
%h: float32[1,8] = fully_connected(%m, %v, none) @"hidden"
%t: float32[3,8] = const random(4)
%y: float32[1,3] = fully_connected(%h, %t, none) @"head"
return %y
"""


def model() -> Graph:
    return parse(MODEL)


def samples(seed: int = 0, count: int = 48) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 8, 8, 2)).astype(np.float32)


def converted(min_sqnr: float | None, **options: Any) -> Conversion:
    return convert(model(), "int8", samples(), min_sqnr=min_sqnr, fast=True, **options)


def worst(result: Conversion) -> float:
    return min(result.report.predicted_sqnr_db.values())


def test_what_is_exact_enough_stays_int8() -> None:
    plain = converted(None)
    same = converted(worst(plain) - 1)
    assert same.content == plain.content
    assert same.report.precision is not None and same.report.precision.operators == 0
    assert "int8 alone" in str(same.report.precision)


def test_as_little_as_suffices() -> None:
    plain, all_of_it = converted(None), converted(None, layers={"*": "int16"}, io="float32")
    wanted = worst(plain) + 3
    assert worst(all_of_it) > wanted + 3
    result = converted(wanted, io="float32")
    price = result.report.precision
    assert price is not None and worst(result) >= wanted
    assert 0 < price.operators < 5 and not {"stem", "middle"} & set(price.layers)
    assert price.predicted_db[1] == worst(result)


def searched(losses: dict[str, float], prices: dict[str, float]) -> Any:
    """The search over tensors whose losses add up, each with an operator of its own."""
    search = object.__new__(_Search)
    probe = SimpleNamespace(loss=lambda changes: losses[next(iter(changes))])
    search.__dict__.update(_rounded=dict.fromkeys(losses), _context=PassContext(), _probe=probe)
    search.__dict__.update(_can_be_fine=lambda _: True, _needs=lambda tensor: [tensor])
    search.__dict__.update(_price=lambda tensor, _: prices[tensor])
    search.__dict__.update(_loss=lambda fine: sum(losses[tensor] for tensor in losses if tensor not in fine))
    return search


def test_tensors_are_taken_by_what_they_save_for_their_price() -> None:
    search = searched({"dear": 5.0, "cheap": 2.0, "small": 0.5}, {"dear": 999.0, "cheap": 9.0, "small": 9.0})
    assert search._order() == ["cheap", "small", "dear"]


def test_what_turns_out_to_be_needless_is_given_back_the_dearest_first() -> None:
    search = searched({"a": 4.0, "b": 3.0, "c": 1.0, "d": 1.0}, {"a": 10.0, "b": 30.0, "c": 5.0, "d": 20.0})
    assert search._given_back(["a", "b", "c", "d"], 4.0) == ["a", "c"]
    assert search._given_back(["a", "b", "c", "d"], 0.0) == ["a", "b", "c", "d"]


def test_the_price_is_true() -> None:
    wanted = worst(converted(None)) + 3
    plain, result = converted(None, io="float32"), converted(wanted, io="float32")
    price = result.report.precision
    assert price is not None and price.arena is not None
    for content, file, arena in zip((plain.content, result.content), price.file, price.arena, strict=True):
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
        assert (file, arena) == (len(content), interpreter.arena_used().used)
    wide = [op.origin.layer for op in result.graph.ops if {"int16"} == {op.inputs[0].dtype, op.outputs[0].dtype}]
    assert list(dict.fromkeys(wide)) == price.layers
    assert price.instructions > 0 and str(price.file[1])[-3:] in str(price)


def test_more_than_there_is_to_have_is_an_error() -> None:
    with pytest.raises(AreniteError, match=r"90 dB is out of reach: with \d operators in int16"):
        converted(90)
    with pytest.raises(AreniteError, match="min_sqnr is for quantize='int8'"):
        convert(model(), "16x8", samples(), min_sqnr=30)


def test_samples_that_come_once_are_enough() -> None:
    wanted = worst(converted(None)) + 3
    result = convert(model(), "int8", iter(samples()), min_sqnr=wanted, fast=True, io="float32")
    assert worst(result) >= wanted
