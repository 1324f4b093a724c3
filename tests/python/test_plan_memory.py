"""The arena plan: property tests of the placement, and when a plan is embedded."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from arenite.passes import PassContext, run_passes
from arenite.passes import plan_memory as planner
from arenite.passes.plan_memory import METADATA, Lifetime, arena_bytes, by_size, lower_bound, place, search
from arenite.text import parse

buffers_strategy = st.lists(
    st.builds(
        lambda size, first, length: Lifetime(16 * size, first, first + length),
        st.integers(1, 40),
        st.integers(0, 12),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=14,
)


def assert_no_overlap(buffers: list[Lifetime], offsets: list[int]) -> None:
    for i, a in enumerate(buffers):
        for j, b in enumerate(buffers[:i]):
            apart = offsets[i] + a.size <= offsets[j] or offsets[j] + b.size <= offsets[i]
            assert apart or not a.meets(b), (a, offsets[i], b, offsets[j])


@settings(max_examples=60, deadline=None)
@given(buffers_strategy, st.randoms(use_true_random=False))
def test_live_tensors_never_overlap(buffers: list[Lifetime], random: object) -> None:
    order = list(range(len(buffers)))
    random.shuffle(order)  # type: ignore[attr-defined]
    for offsets in (place(buffers, order), search(buffers)):
        assert_no_overlap(buffers, offsets)
        assert all(offset >= 0 and offset % 16 == 0 for offset in offsets)
        assert arena_bytes(buffers, offsets) >= lower_bound(buffers)


@settings(max_examples=60, deadline=None)
@given(buffers_strategy)
def test_the_search_is_never_worse_than_greedy_by_size_and_repeats(buffers: list[Lifetime]) -> None:
    found = search(buffers)
    assert arena_bytes(buffers, found) <= arena_bytes(buffers, place(buffers, by_size(buffers)))
    assert found == search(buffers)


GAPPED = [Lifetime(*b) for b in ((32, 2, 4), (32, 1, 2), (48, 2, 3), (16, 4, 6), (64, 0, 1))]


def test_the_search_closes_gaps_that_greedy_by_size_leaves() -> None:
    assert arena_bytes(GAPPED, place(GAPPED, by_size(GAPPED))) == 128
    assert arena_bytes(GAPPED, search(GAPPED)) == lower_bound(GAPPED) == 112


CHAIN = """
%x: float32[1,64] = input
%a: float32[1,64] = relu(%x)
%b: float32[1,64] = relu6(%a)
%y: float32[1,64] = softmax(%b)
return %y
"""


def test_a_chain_needs_no_plan() -> None:
    context = PassContext()
    graph = run_passes(parse(CHAIN), context, (planner,))
    assert METADATA not in graph.metadata
    assert "lower bound of 512 bytes" in str(context.log[0])


def test_lifetimes_of_inputs_outputs_and_unread_results() -> None:
    graph = parse(CHAIN)
    table = {value.name: life for value, life in planner.lifetimes(graph).items()}
    assert table["x"] == Lifetime(256, 0, 0)
    assert table["a"] == Lifetime(256, 0, 1)
    assert table["y"] == Lifetime(256, 2, 2)


def test_encoding() -> None:
    graph = parse(CHAIN)
    offsets = {value: 16 * i for i, value in enumerate(graph.values())}
    encoded = np.frombuffer(planner.encode(graph, offsets), "<i4")
    assert encoded.tolist() == [1, 0, 4, 0, 16, 32, 48]
