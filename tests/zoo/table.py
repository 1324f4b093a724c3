"""docs/coverage.md, from the file of results alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from .layers import ABSENT
from .results import Facts, Results, wanted

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
SCHEMES = ("float32", "int8", "16x8")
SIDES = {"arenite": "Arenite", "litert": "LiteRT converter"}
#: SQNR from which outputs count as equal.
EXACT_DB = 200.0

_HEAD = """# Coverage

Printed by `make zoo` from `docs/coverage.json`; do not edit. Measured {date}.

{models} Keras models (`tests/zoo`), each converted at batch 1 to float32, int8 and 16x8 by Arenite and by LiteRT's converter
(that of TensorFlow), calibrated on 100 samples and judged on 50 others against Keras in float. Weights are random from a fixed
seed, with BatchNorm statistics near the data's; the family `trained` is trained on scikit-learn's data. Ours run in our
interpreter, LiteRT's files in LiteRT's reference kernels, or its optimized ones where there are no others.

- *float32*: the largest error as a part of the output's largest magnitude; *int8*, *16x8*: SQNR in dB of the worst output,
  `=` when all are equal. `–`: not converted. `f`: some operators compute in float inside; the notes say why. `!`: converted,
  but its own runtime refuses the file. Empty: not measured.
- *TFLM*: in which of the three TFLite Micro runs the file (`f`, `8`, `16`). What ours has beyond it (GRU, look-ups of
  functions, operators that TFLite Micro lacks) runs in our interpreter only.
"""


def page(results: Results) -> str:
    """The whole page as text."""
    parts = [_HEAD.format(date=results.data["date"], models=len(results.models)), _totals(results), _layers(results)]
    parts += ["## Models\n"]
    families = dict.fromkeys(model["family"] for model in results.models.values())
    parts += [_family(results, family) for family in families]
    return "\n".join(parts)


def write_page(results: Results) -> None:
    PAGE.write_text(page(results))


def show(results: Results, patterns: list[str]) -> None:
    """The wanted models as a table on stdout."""
    from arenite.tables import console, grid

    table = grid("model", *(f">{SIDES[side]} {scheme}" for side in SIDES for scheme in SCHEMES))
    for name, model in results.models.items():
        if wanted(name, model["family"], patterns):
            table.add_row(name, *(cell(model[side], scheme) for side in SIDES for scheme in SCHEMES))
    console().print(table)
    for line in _totals(results).splitlines():
        console().print(line)


def cell(side: Facts, scheme: str) -> str:
    """One number, or what takes its place."""
    facts = side.get(scheme)
    if facts is None or not facts["converted"]:
        return "–" if facts is not None else ""
    if "sqnr_db" not in facts:
        return "!"
    if facts["sqnr_db"] >= EXACT_DB:
        figure = "="
    else:
        figure = f"{facts['error']:.0e}" if scheme == "float32" else f"{facts['sqnr_db']:.1f}"
    return figure + (" f" if facts.get("floats") else "")


def _tflm(side: Facts) -> str:
    marks = {"float32": "f", "int8": "8", "16x8": "16"}
    return " ".join(mark for scheme, mark in marks.items() if side.get(scheme, {}).get("tflm") == "runs") or "–"


# --- totals ---------------------------------------------------------------------------------------------------------
def _totals(results: Results) -> str:
    rows = ["| | " + " | ".join(f"{SIDES[side]} {scheme}" for side in SIDES for scheme in SCHEMES) + " |"]
    rows.append("|---|" + "---:|" * 6)
    lines: dict[str, Any] = {
        "converted and run": lambda side, scheme: sum(_works(f) for f in _all(results, side, scheme)),
        "integer throughout": lambda side, scheme: _integer(results, side, scheme),
        "run in TFLite Micro": lambda side, scheme: sum(f.get("tflm") == "runs" for f in _all(results, side, scheme)),
        "median SQNR, dB, of models that both convert": lambda side, scheme: _both(results, side, scheme, median),
        "worst SQNR, dB, of the same": lambda side, scheme: _both(results, side, scheme, min),
    }
    for title, figure in lines.items():
        cells = [str(figure(side, scheme)) for side in SIDES for scheme in SCHEMES]
        rows.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _all(results: Results, side: str, scheme: str) -> Iterator[Facts]:
    return (model[side].get(scheme, {"converted": False}) for model in results.models.values())


def _works(facts: Facts) -> bool:
    return bool(facts["converted"]) and "sqnr_db" in facts


def _integer(results: Results, side: str, scheme: str) -> str:
    if scheme == "float32":
        return ""
    return str(sum(_works(facts) and not facts.get("floats") for facts in _all(results, side, scheme)))


def _both(results: Results, side: str, scheme: str, of: Any) -> str:
    rows = [(m["arenite"].get(scheme), m["litert"].get(scheme), m[side].get(scheme)) for m in results.models.values()]
    both = [own["sqnr_db"] for a, b, own in rows if a and b and own and _works(a) and _works(b)]
    return f"{of(both):.1f}" if both else ""


# --- layers ---------------------------------------------------------------------------------------------------------
def _layers(results: Results) -> str:
    """Which models have a layer, as a count, and why a layer is in none."""
    counts: dict[str, int] = {}
    for model in results.models.values():
        for layer in model.get("layers", ()):
            counts[layer] = counts.get(layer, 0) + 1
    listed = ", ".join(f"{layer} {count}" for layer, count in sorted(counts.items()))
    reasons: dict[str, list[str]] = {}
    for layer, reason in ABSENT.items():
        reasons.setdefault(reason, []).append(layer)
    absent = "\n".join(f"- {', '.join(sorted(layers))}: {reason}." for reason, layers in reasons.items())
    return f"## Layers\n\nAnd in how many models: {listed}.\n\nNot in the zoo:\n\n{absent}\n"


# --- models ---------------------------------------------------------------------------------------------------------
def _family(results: Results, family: str) -> str:
    models = {name: model for name, model in results.models.items() if model["family"] == family}
    rows = [f"### {family}\n", "| model | float32 | int8 | 16x8 | TFLM | LiteRT float32 | int8 | 16x8 | TFLM |"]
    rows.append("|---|---:|---:|---:|---|---:|---:|---:|---|")
    for name, model in models.items():
        cells = [text for side in SIDES for text in (*(cell(model[side], s) for s in SCHEMES), _tflm(model[side]))]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*rows, "", *_notes(models.items()), ""])


def _notes(models: Iterable[tuple[str, Facts]]) -> Iterator[str]:
    """Why ours does not convert, or computes in float: a line for each model and reason."""
    for name, model in models:
        reasons: dict[str, list[str]] = {}
        for scheme, facts in model["arenite"].items():
            reason = facts.get("why") or "; ".join(facts.get("float_reasons", ()))
            if reason:
                reasons.setdefault(reason, []).append(scheme)
        for reason, schemes in reasons.items():
            yield f"- {name}, {', '.join(schemes)}: {reason}"
