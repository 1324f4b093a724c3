"""The cases of ``tests/passes/*.txt``: a graph, a pass, and what must come out.

    # case: what it shows
    pass fold_batch_norm                               ("pass fold_batch_norm int8": with quantize="int8")
    <graph before>
    ---
    <graph after, or "unchanged">
    refused: text that some refusal must contain       (any number; also "applied: …")

Every case also checks that the graph computes the same real values before and after, and that it stays the same when the
pass runs again.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from arenite import passes
from arenite.evaluate import evaluate
from arenite.graph import Graph
from arenite.passes import EXACT, PIPELINE, PassContext, run_passes
from arenite.text import constants, parse, to_text

CASES = Path(__file__).parents[1] / "passes"
MODULES = {module.NAME: module for module in PIPELINE}


def cases() -> Iterator[object]:
    for file in sorted(CASES.glob("*.txt")):
        for case in re.split(r"^# case: ", file.read_text(), flags=re.MULTILINE)[1:]:
            title, body = case.split("\n", 1)
            yield pytest.param(body, id=f"{file.stem}: {title}")


def parts(body: str) -> tuple[str, str, str, list[tuple[str, str]]]:
    """(pass name, text before, text after, [(kind, expected entry)])."""
    head, after = body.split("\n---\n")
    name, before = head.split("\n", 1)
    notes = re.findall(r"^(refused|applied): (.+)$", after, re.MULTILINE)
    after = re.sub(r"^(refused|applied): .+$", "", after, flags=re.MULTILINE)
    return name.removeprefix("pass "), before, after.strip(), notes


def run(name: str, graph: Graph) -> tuple[Graph, PassContext]:
    name, *quantize = name.split()
    context = PassContext("int8" if quantize == ["int8"] else None)
    return run_passes(graph, context, (MODULES[name],)), context


def normal(graph: Graph) -> str:
    return to_text(parse(to_text(graph), constants(graph)))


@pytest.mark.parametrize("body", list(cases()))
def test_case(body: str) -> None:
    name, before_text, after_text, notes = parts(body)
    before = parse(before_text)
    after, context = run(name, before)
    expected = before if after_text == "unchanged" else parse(after_text)
    assert normal(after) == normal(expected)
    for kind, text in notes:
        assert any(e.kind == kind and text in str(e) for e in context.log), [str(e) for e in context.log]
    assert_same_values(before, after)
    assert normal(run(name, after)[0]) == normal(after), "the pass changes its own result"


def assert_same_values(before: Graph, after: Graph) -> None:
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(value.shape).astype(value.dtype) for value in before.inputs]
    with np.errstate(all="ignore"):
        pairs = list(zip(evaluate(before, inputs), evaluate(after, inputs), strict=True))
    for old, new in pairs:
        np.testing.assert_allclose(new, old, rtol=1e-5, atol=1e-5)


def test_every_exact_pass_has_cases() -> None:
    shown = {parts(param.values[0])[0].split()[0] for param in cases()}  # type: ignore[attr-defined]
    assert {module.NAME for module in EXACT} <= shown


def test_every_pass_says_what_when_not_and_why() -> None:
    for module in PIPELINE:
        text = module.__doc__ or ""
        assert len(text.splitlines()) >= 4, module.NAME
    for module in EXACT:
        assert all(word in (module.__doc__ or "") for word in ("→", "Not when", "Why")), module.NAME


def test_passes_never_name_an_operator() -> None:
    """They ask for traits. Comparing ``op.name`` with a string, or a string that is an operator, is a breach."""
    from arenite.opdef import rows

    folder = Path(passes.__file__).parent
    allowed = {MODULE.NAME for MODULE in PIPELINE} | {"quantize", "dequantize"}
    for file in folder.glob("*.py"):
        tree = ast.parse(file.read_text())
        strings = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        assert not strings & (set(rows()) - allowed), file.name
