"""What each build system wants to find beside the sources: manifests, build files, an example program.

Every package has its C++ files below ``src/``, which is the include directory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from .. import __version__
from ..board.build import OPTIMIZE, Bodies
from ..board.table import source_root
from ..errors import DataError
from .model_files import ExportedModel, files
from .sources import CONFIG, exported_path, exported_text, language_options, needed_files
from .templates import template

#: package → where each of its template files goes; ``$name`` in a path is the package's name.
LAYOUTS: dict[str, dict[str, str]] = {
    "cmake": {"CMakeLists.txt": "cmake/CMakeLists.txt", "main.cc": "cmake/main.cc.in"},
    "arduino": {
        "library.properties": "arduino/library.properties",
        "examples/self_test/self_test.ino": "arduino/self_test.ino",
        "keywords.txt": "arduino/keywords.txt",
        "src/$name.h": "arduino/name.h.in",
    },
    "platformio": {"library.json": "platformio/library.json", "examples/self_test/main.cpp": "platformio/main.cpp"},
    "zephyr": {
        "zephyr/module.yml": "zephyr/module.yml",
        "zephyr/CMakeLists.txt": "zephyr/CMakeLists.txt",
        "zephyr/Kconfig": "zephyr/Kconfig",
        "samples/self_test/CMakeLists.txt": "zephyr/sample_CMakeLists.txt",
        "samples/self_test/prj.conf": "zephyr/prj.conf",
        "samples/self_test/src/main.cpp": "zephyr/main.cpp",
    },
    "esp-idf": {
        "CMakeLists.txt": "esp_idf/CMakeLists.txt",
        "idf_component.yml": "esp_idf/idf_component.yml",
        "examples/self_test/CMakeLists.txt": "esp_idf/project_CMakeLists.txt",
        "examples/self_test/main/CMakeLists.txt": "esp_idf/main_CMakeLists.txt",
        "examples/self_test/main/main.cpp": "esp_idf/main.cpp",
    },
    "cmsis-pack": {"Arenite.$name.pdsc": "cmsis_pack/pack.pdsc", "examples/self_test/main.cc": "cmake/main.cc.in"},
}
#: build systems that do not know ``.cc``
_CPP_SUFFIX = {"arduino"}


def tree(
    package: str, name: str, models: Sequence[ExportedModel], optimize: str, bodies: Bodies, tflm: bool
) -> dict[str, str]:
    """Relative path → text of every file of a package.

    package   a key of LAYOUTS.
    optimize  "speed", "balanced" or "size", as for firmware.
    bodies    the types that kernels are compiled for.
    tflm      also TFLite Micro's headers and what is behind them.
    """
    suffix = ".cpp" if package in _CPP_SUFFIX else ".cc"
    sources = _sources(models, suffix, tflm) | {f"src/{CONFIG}": _config(optimize, bodies)}
    values = _values(name, models, sources, optimize)
    values["tflm"] = Template(template("tflm.md")).substitute(values) if tflm else ""
    values["body"] = Template(template("body.cc.in")).substitute(values)
    values |= {f"say_{where}": template(f"say_{where}.cc.in") for where in ("serial", "stdio")}
    made = {
        Template(path).substitute(values): Template(template(source)).substitute(values)
        for path, source in LAYOUTS[package].items()
    }
    readme = Template(template("README.md")).substitute(values | {"use": _use(package, values)})
    return sources | made | {"README.md": readme, "LICENSE": (source_root() / "LICENSE").read_text()}


def _sources(models: Sequence[ExportedModel], suffix: str, tflm: bool) -> dict[str, str]:
    kernels = set().union(*(model.kernels for model in models))
    texts = {exported_path(file).as_posix(): exported_text(file) for file in needed_files(kernels, tflm)}
    for model in models:
        texts |= files(model)
    return {f"src/{Path(path).with_suffix(suffix) if path.endswith('.cc') else path}": t for path, t in texts.items()}


def _config(optimize: str, bodies: Bodies) -> str:
    """Defines what the project's own CMake passes on the command line."""
    if optimize not in OPTIMIZE or optimize == "checked":
        raise DataError(f"optimize is '{optimize}'; it can be 'speed', 'balanced' or 'size'")
    switches = [option.removeprefix("-D").partition("=") for option in bodies.options]
    off = "".join(f"#define {name} 0\n" for name, _, value in switches if value == "OFF")
    values = {"off": off, "compact": "1" if optimize == "size" else "0"}
    return Template(template("config.h.in")).substitute(values)


def _values(name: str, models: Sequence[ExportedModel], sources: Mapping[str, str], optimize: str) -> dict[str, str]:
    first = models[0]
    listed = [path for path in sources if path.endswith((".cc", ".cpp"))]
    return {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "model": first.name,
        "model_upper": first.name.upper(),
        "includes": "\n".join(f'#include "{m.name}_model.h"\n#include "{m.name}_self_test.h"' for m in models),
        "headers": ",".join(f"{m.name}_model.h" for m in models),
        "keywords": "\n".join(f"{m.name}\tKEYWORD1" for m in models),
        "arena_constant": _largest([f"{m.name}::kArenaSize" for m in models]),
        "tests": "\n".join(
            f'  ok &= run("{m.name}", {m.name}::kModel, {m.name}::kModelSize, {m.name}::kResolver, {m.name}::self_test);'
            for m in models
        ),
        "sources": "\n".join(f"  {path}" for path in listed),
        "zephyr_sources": "\n".join(f"    ../{path}" for path in listed),
        "pack_files": "\n".join(f'        <file category="source" name="{path}"/>' for path in listed),
        "flags": " ".join(language_options()),
        "json_flags": ", ".join(f'"{flag}"' for flag in language_options()),
        "optimization": "-O2" if optimize == "speed" else "-Os",
        "table": "\n".join(
            f"| `{m.name}` | {len(m.content):,} B | {m.arena_bytes:,} B | {', '.join(sorted(m.kernels))} |"
            for m in models
        ),
    }


def _largest(names: Sequence[str]) -> str:
    """A constant expression for the largest of several constants."""
    largest = names[0]
    for other in names[1:]:
        largest = f"({largest} > {other} ? {largest} : {other})"
    return largest


def _use(package: str, values: Mapping[str, str]) -> str:
    return Template(template(f"{package.replace('-', '_')}/use.md")).substitute(values)
