"""The file of results: what is measured, of which step, and which step was being measured when the process ended."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar

from arenite.atomic import write_bytes

Facts = dict[str, Any]
#: Name of a model, converter, scheme.
Step = tuple[str, str, str]


def wanted(name: str, family: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns for text in (name, family))


@dataclass
class Results:
    """``models``: name → {"family", "arenite": {scheme: facts}, "litert": {scheme: facts}}, as JSON has it."""

    PLACE: ClassVar[Path] = Path(__file__).parents[2] / "docs" / "coverage.json"

    path: Path
    data: Facts

    @classmethod
    def open(cls, path: Path) -> Results:
        data = json.loads(path.read_text()) if path.exists() else {"date": "", "busy": None, "models": {}}
        return cls(path, data)

    @property
    def models(self) -> dict[str, Facts]:
        models: dict[str, Facts] = self.data["models"]
        return models

    def has(self, step: Step) -> bool:
        name, side, scheme = step
        return scheme in self.models.get(name, {}).get(side, {})

    def begin(self, step: Step, family: str, layers: list[str]) -> None:
        """``step`` is being measured from now on; if the process dies, it is to blame."""
        model = self.models.setdefault(step[0], {"family": family, "arenite": {}, "litert": {}})
        model["family"] = family
        model["layers"] = layers
        self.data["busy"] = [*step, {}]
        self.save()

    def note(self, facts: Facts) -> None:
        """What is known of the step so far."""
        self.data["busy"][3] = facts
        self.save()

    def finish(self, facts: Facts) -> None:
        name, side, scheme, _ = self.data["busy"]
        self.models[name][side][scheme] = facts
        self.data["busy"] = None
        self.data["date"] = datetime.date.today().isoformat()
        self.save()

    def blame_interrupted(self) -> None:
        """The process died in a step: its converter crashed, or TFLite Micro did when there was a file already."""
        if self.data["busy"] is None:
            raise RuntimeError("the child died outside of any step")
        facts = self.data["busy"][3]
        self.finish({**facts, "tflm": "crashes"} if facts else {"converted": False, "why": "the converter crashes"})

    def forget(self, side: str | None, patterns: list[str]) -> None:
        for name, model in self.models.items():
            if wanted(name, model["family"], patterns):
                for one in ("arenite", "litert") if side is None else (side,):
                    model[one] = {}
        self.save()

    def keep_only(self, names: list[str]) -> None:
        """Drop models that the zoo no longer has; the others in the zoo's order."""
        self.data["models"] = {name: self.models[name] for name in names if name in self.models}

    def save(self) -> None:
        """A line for each converter of each model, so that differences can be read."""
        lines = [f'{{"date": {json.dumps(self.data["date"])}, "busy": {json.dumps(self.data["busy"])}, "models": {{']
        for name, model in self.models.items():
            fields = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in model.items())
            lines.append(f"{json.dumps(name)}: {{{fields}}},")
        text = "\n".join(lines).removesuffix(",") + "\n}}\n"
        write_bytes(self.path, text.encode())
