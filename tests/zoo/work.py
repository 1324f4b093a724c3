"""The child process: measures what is not known yet, model by model."""

from __future__ import annotations

from . import peer
from .measure import SCHEMES, Subject, arenite_facts, litert_facts
from .registry import Entry, load
from .results import Results, wanted

SIDES = {"arenite": arenite_facts, "litert": litert_facts}


def work(results: Results, side: str | None, patterns: list[str]) -> None:
    """Every step of every wanted model that ``results`` lacks."""
    zoo = load()
    results.keep_only(list(zoo))
    for entry in zoo.values():
        if wanted(entry.name, entry.family, patterns):
            _measure(entry, results, [side] if side else list(SIDES))
    results.save()


def _measure(entry: Entry, results: Results, sides: list[str]) -> None:
    missing = [(side, scheme) for side in sides for scheme in SCHEMES if not results.has((entry.name, side, scheme))]
    if not missing:
        return
    subject = Subject.make(entry)
    for side, scheme in missing:
        results.begin((entry.name, side, scheme), entry.family, subject.layers)
        facts, content = SIDES[side](subject, scheme)
        if content is not None:
            results.note(facts)
            facts = {**facts, "tflm": peer.tflm_verdict(content)}
        results.finish(facts)
        print(f"{entry.name:40} {side:8} {scheme:8} {summary(facts)}", flush=True)


def summary(facts: dict[str, object]) -> str:
    if not facts["converted"]:
        return f"not converted: {str(facts['why'])[:200]}"
    floats = f"floats {facts['floats']}" if facts.get("floats") else ""
    return f"{facts.get('sqnr_db', facts.get('why'))} dB, error {facts.get('error')} {floats} TFLM {str(facts['tflm'])[:60]}"
