"""What a model of the zoo is, and how they are found: ``MODELS`` by name, filled when the modules below are imported."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: Modules that register models, in the order of the table.
MODULES = (
    "convolutions",
    "pooling",
    "shapes",
    "activations",
    "normalizations",
    "merges",
    "functions",
    "attention",
    "recurrent",
    "structures",
    "applications",
    "families",
    "trained",
)

Build = Callable[[], Any]


@dataclass(frozen=True)
class Entry:
    """One model.

    build    makes it, weights as Keras initializes them.
    trained  its weights are learned: they stay as they are, and ``samples`` come from the same data.
    samples  (count, seed) → one array [count, …] per input; None: random numbers of the inputs' types.
    tolerance  largest float32 error, where Keras itself is less exact than the usual one.
    """

    name: str
    family: str
    build: Build
    trained: bool = False
    samples: Callable[[int, int], list[Any]] | None = None
    tolerance: float = 0.0


MODELS: dict[str, Entry] = {}


def register(family: str, models: Mapping[str, Build], **facts: Any) -> None:
    """Add ``models`` by name; ``facts`` are further fields of their entries."""
    for name, build in models.items():
        if name in MODELS:
            raise ValueError(f"two models are called '{name}'")
        MODELS[name] = Entry(name, family, build, **facts)


def load() -> dict[str, Entry]:
    """All models, in the order of the table. Imports Keras."""
    for module in MODULES:
        importlib.import_module(f"zoo.{module}")
    return MODELS
