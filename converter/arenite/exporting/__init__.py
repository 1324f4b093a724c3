"""``export``: models, the interpreter and just the kernels that they need, as a tree that a build system takes as it is."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..board.build import Bodies
from ..board.firmware import needed_bodies
from ..errors import AreniteError, DataError
from ..inspection import read_content
from .model_files import ExportedModel, c_array, identifier
from .packages import LAYOUTS, tree

__all__ = ["PACKAGES", "Export", "export"]

#: what ``to`` can be
PACKAGES = (*LAYOUTS, "c-array")
#: lies in every exported tree: only a directory that holds it is ever replaced
_MARK = ".arenite-export"


@dataclass(frozen=True)
class Export:
    """A tree that was written.

    files        paths relative to ``directory``.
    arena_bytes  model's name → bytes of arena that it needs.
    """

    directory: Path
    package: str
    files: list[str]
    arena_bytes: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "directory": str(self.directory)}


def export(
    models: Path | str | Sequence[Path | str],
    to: str,
    directory: Path | str,
    *,
    name: str | None = None,
    optimize: str = "speed",
    classes: Mapping[str, Sequence[str]] | Sequence[str] = (),
    tflm: bool = False,
) -> Export:
    """Write the sources that run ``models`` on a device, for one build system; they build without network or Python.

    models     ``.tflite`` files; each is called like its file.
    to         one of PACKAGES.
    directory  is made; one that an earlier export wrote is replaced as a whole, any other must not exist or be empty.
    name       of the library; like the first model without it.
    optimize   "speed", "balanced" or "size".
    classes    names of the last axis of the first output: of the first model, or by model's name ("" is the first).
    tflm       with TFLite Micro's headers, for programs written for it (``docs/tflm.md``).

    Raises ModelError when a model does not run here, DataError when the arguments do not fit, AreniteError when the
    directory cannot be written.
    """
    if to not in PACKAGES:
        raise DataError(f"cannot export to '{to}'; it can be {', '.join(PACKAGES)}")
    if tflm and to == "c-array":
        raise DataError("a C array alone has no headers of TFLite Micro: leave out tflm, or export to a build system")
    exported = _models([models] if isinstance(models, Path | str) else models, classes)
    bodies = _union(needed_bodies(model.content) for model in exported)
    if to == "c-array":
        texts = {path: text for model in exported for path, text in c_array(model).items()}
    else:
        texts = tree(to, identifier(name or exported[0].name), exported, optimize, bodies, tflm)
    _write(Path(directory), texts)
    return Export(Path(directory), to, sorted(texts), {model.name: model.arena_bytes for model in exported})


def _models(paths: Sequence[Path | str], classes: Mapping[str, Sequence[str]] | Sequence[str]) -> list[ExportedModel]:
    names = [identifier(Path(path).stem) for path in paths]
    if not names or len(set(names)) != len(names):
        raise DataError(f"models must have files of different names; they are called {', '.join(names) or 'nothing'}")
    by_name = classes if isinstance(classes, Mapping) else {names[0]: classes}
    by_name = {name or names[0]: of_model for name, of_model in by_name.items()}
    if unknown := set(by_name) - set(names):
        raise DataError(f"class names for '{min(unknown)}', which is no model here; there is {', '.join(names)}")
    contents = [read_content(Path(path)) for path in paths]
    return [ExportedModel(n, c, by_name.get(n, ())) for n, c in zip(names, contents, strict=True)]


def _union(bodies: Any) -> Bodies:
    together: dict[str, bool] = {}
    for one in bodies:
        for field, on in asdict(one).items():
            together[field] = together.get(field, False) or on
    return Bodies(**together)


def _write(directory: Path, texts: Mapping[str, str]) -> None:
    """The whole tree or nothing: written beside its place, then renamed."""
    _check_replaceable(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    except OSError as error:
        raise AreniteError(f"cannot write '{directory}': {error.strerror}") from None
    try:
        for path, text in {**texts, _MARK: "Written by `arenite export`, which may replace this directory.\n"}.items():
            (temporary / path).parent.mkdir(parents=True, exist_ok=True)
            (temporary / path).write_text(text)
        temporary.chmod(0o755)
        if directory.exists():
            shutil.rmtree(directory)
        temporary.rename(directory)
    except OSError as error:
        raise AreniteError(f"cannot write '{directory}': {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_replaceable(directory: Path) -> None:
    if directory.is_file():
        raise DataError(f"'{directory}' is a file: choose another name for the directory")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / _MARK).is_file():
        raise DataError(f"'{directory}' is not empty and no earlier export wrote it: remove it or choose another")
