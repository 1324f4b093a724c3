"""Who may use whom. Reads the imports of every Python module and the includes of every C++ file; the table is docs/design.md's.

A breach is a wrong arrow in the design: move the code, do not widen a row for convenience.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "converter" / "arenite"
MAX_LINES = 450
BANNED_STEMS = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
STDLIB_C = {"cstdint", "cstddef", "cstring"}

#: Python area (path prefix below converter/arenite) → arenite modules it may import, by first name; None: any.
PYTHON_MAY: dict[str, set[str] | None] = {
    "errors.py": set(),
    "fixed_point.py": {"errors"},
    "elements.py": set(),
    "graph.py": {"elements", "errors"},
    "samples.py": {"errors"},
    "sources.py": {"errors", "samples"},
    "activation.py": set(),
    "spatial.py": {"errors"},
    "products.py": {"graph", "spatial"},
    "cases.py": {"activation", "elements", "graph"},
    "calls.py": {"cases", "errors", "graph"},
    "reduction.py": {"cases", "elementwise", "errors", "graph", "opdef"},
    "pooling.py": {"cases", "graph", "spatial"},
    "restating.py": {"graph"},
    "places.py": {"errors", "graph"},
    "opdef.py": {"cases", "errors", "graph", "ops", "places", "products", "restating", "spatial"},
    "evaluate.py": {"elements", "errors", "graph", "opdef", "places"},
    "packing.py": {"activation", "cases", "graph", "opdef"},
    "tabulation.py": {"evaluate", "graph"},
    "prediction.py": {"evaluate", "graph", "opdef"},
    "histogram.py": set(),
    "blas.py": set(),
    "sensitivity.py": {"elements", "evaluate", "graph", "opdef"},
    "tokens.py": {"errors"},
    "text.py": {"elements", "errors", "graph", "opdef", "tokens"},
    "flat.py": {"errors", "opdef"},
    "flexbuffer.py": {"errors"},
    "writer.py": {"", "elements", "errors", "graph", "opdef", "flat", "flexbuffer"},
    "reader.py": {"elements", "errors", "graph", "opdef", "flat", "flexbuffer"},
    "signal_arithmetic.py": {"errors", "graph"},
    "elementwise.py": {"cases", "errors", "graph", "opdef"},
    "ops/": {
        "activation",
        "calls",
        "cases",
        "elementwise",
        "errors",
        "graph",
        "opdef",
        "fixed_point",
        "places",
        "packing",
        "pooling",
        "recurrence",
        "simple_rnn",
        "reduction",
        "restating",
        "signal_arithmetic",
        "products",
        "spatial",
        "tabulation",
    },
    "passes/": {
        "activation",
        "elements",
        "errors",
        "evaluate",
        "graph",
        "histogram",
        "opdef",
        "fixed_point",
        "packing",
        "passes",
        "places",
        "restating",
        "samples",
        "sensitivity",
        "tabulation",
        "text",
    },
    "frontend/": {"errors", "graph", "opdef", "frontend", "qat", "quiet"},
    "qat/": {"errors", "qat"},
    "comparison/": {
        "",
        "board",
        "elements",
        "errors",
        "evaluate",
        "frontend",
        "graph",
        "opdef",
        "quiet",
        "reader",
        "samples",
        "wording",
        "writer",
        "comparison",
    },
    "exporting/": {"", "board", "errors", "exporting", "inspection", "opdef", "runtime"},
    "runtime.py": {"elements", "errors", "flat", "signatures", "_core"},
    "signatures.py": {"errors", "flat"},
    "atomic.py": {"errors"},
    "wording.py": set(),
    "quiet.py": set(),
    "execution.py": {"atomic", "errors", "runtime", "samples"},
    "tables.py": {"wording"},
    "conversion.py": {
        "atomic",
        "blas",
        "errors",
        "frontend",
        "graph",
        "one_operator",
        "opdef",
        "packing",
        "passes",
        "prediction",
        "price",
        "reader",
        "report",
        "writer",
    },
    "report.py": {"errors", "graph", "opdef", "passes", "price", "runtime", "writer"},
    "price.py": {"errors", "evaluate", "graph", "passes", "runtime", "writer"},
    "inspection.py": {"errors", "graph", "opdef", "reader", "runtime"},
    "one_operator.py": {"graph", "runtime", "writer"},
    "optimization.py": {
        "atomic",
        "errors",
        "graph",
        "inspection",
        "one_operator",
        "opdef",
        "passes",
        "reader",
        "runtime",
        "writer",
    },
}
#: heavy packages → the only places that may import them at all, and never at module level there unless listed.
HEAVY = {
    "tensorflow": ("frontend/", "comparison/engines.py", "qat/"),
    "keras": ("frontend/", "comparison/engines.py", "qat/"),
    "tf_keras": ("frontend/",),
    "matplotlib": ("comparison/",),
    "jinja2": ("comparison/",),
    "ai_edge_litert": ("comparison/engines.py",),
    "tflite_micro": ("comparison/engines.py",),
    "sklearn": (),
    "flatbuffers": ("flat.py", "writer.py", "reader.py"),
    "PIL": ("sources.py",),
    "threadpoolctl": ("blas.py",),
    "typer": ("cli.py", "command.py", "compare_command.py", "data_option.py", "device_commands.py"),
}
#: C++ area → quoted includes it may use (prefixes), and whether <cmath> is allowed.
CPP_MAY: list[tuple[str, tuple[str, ...], set[str] | None]] = [
    ("interpreter/python/", ("interpreter/", "kernels_cpp/", "schema/"), None),
    ("interpreter/remedy", ("interpreter/remedy.h", "interpreter/status.h"), STDLIB_C),
    ("interpreter/status_text", ("interpreter/status.h",), STDLIB_C),
    ("interpreter/", ("interpreter/", "schema/"), STDLIB_C),
    ("kernels_cpp/", ("interpreter/kernel.h", "interpreter/status.h", "interpreter/tensor.h", "kernels_cpp/", "schema/"),
     STDLIB_C | {"cmath"}),
    ("schema/", (), STDLIB_C),
    ("c_api/", ("c_api/", "interpreter/"), {"new", "stddef.h", "stdint.h"}),
    ("compat/platform.cc", ("formatting.h", "tensorflow/lite/"), {"stdio.h", "time.h"}),
    ("compat/", ("formatting.h", "custom.h", "view.h", "operators.def", "interpreter/", "kernels_cpp/kernels.h",
                 "schema/ops.def", "tensorflow/lite/"), STDLIB_C | {"new", "stdarg.h", "stddef.h", "stdint.h", "string.h"}),
]  # fmt: skip
ISA_SUFFIX = re.compile(r"_(x86|avx2|avx512vnni|dsp|mve|neon)\.(cc|h)$")
INTRINSICS = re.compile(r"<(\w*intrin|arm_\w+)\.h>")
ISA_QUESTION = re.compile(r"^\s*#\s*(?:if|ifdef|elif).*__(?:ARM|arm|x86|AVX|SSE|i386)", re.MULTILINE)


def python_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def cpp_files() -> list[Path]:
    areas = ("c_api", "compat", "interpreter", "kernels_cpp", "schema")
    return sorted(f for a in areas for f in (ROOT / a).rglob("*") if f.suffix in (".h", ".cc"))


def area_of(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def imports(file: Path, top_level_only: bool = False) -> Iterator[str]:
    """Absolute dotted names of what ``file`` imports; relative imports are resolved, ``TYPE_CHECKING`` blocks skipped."""
    package = ("arenite", *file.relative_to(PACKAGE).parts[:-1])
    for node in _statements(ast.parse(file.read_text()), top_level_only):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _statements(node: ast.AST, top_level_only: bool) -> Iterator[ast.AST]:
    """``node`` and what lies in it, without blocks for the type checker and, if asked, without function bodies."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if top_level_only and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield from _statements(child, top_level_only)


def local_imports(file: Path) -> set[str]:
    """First name below ``arenite`` of every import: ``passes`` for ``arenite.passes.fold``, "" for the public package."""
    modules = {p.stem for p in PACKAGE.iterdir()} | {"_core", "reader", "writer", "flat", "runtime"}
    found = set()
    for name in imports(file):
        parts = name.split(".")
        if parts[0] == "arenite":
            found.add(parts[1] if len(parts) > 1 and parts[1] in modules else "")
    return found


@pytest.mark.parametrize("file", python_files(), ids=area_of)
def test_python_imports(file: Path) -> None:
    area = next((a for a in PYTHON_MAY if area_of(file).startswith(a)), None)
    if area is None or PYTHON_MAY[area] is None:
        return
    allowed = PYTHON_MAY[area] or set()
    breaches = local_imports(file) - allowed
    if area == "ops/":
        breaches |= {n for n in imports(file) if n.startswith("arenite.ops.")}
    assert not breaches, f"{area_of(file)} imports {sorted(breaches)}; {area} may import {sorted(allowed)}"


@pytest.mark.parametrize("file", python_files(), ids=area_of)
def test_heavy_packages(file: Path) -> None:
    for name in imports(file):
        package = name.split(".")[0]
        if package in HEAVY:
            assert area_of(file).startswith(HEAVY[package]), f"{area_of(file)} imports {package}"


@pytest.mark.parametrize("file", python_files(), ids=area_of)
def test_tensorflow_and_matplotlib_are_imported_late(file: Path) -> None:
    early = {n.split(".")[0] for n in imports(file, top_level_only=True)}
    late_only = {"tensorflow", "keras", "tf_keras", "ai_edge_litert", "tflite_micro"}
    if not area_of(file).startswith("comparison/"):
        late_only.add("matplotlib")
    if area_of(file).startswith("qat/"):  # layers of Keras; nothing imports them that does without Keras
        late_only.remove("keras")
    assert not early & late_only, f"{area_of(file)} imports {sorted(early & late_only)} when it is loaded"


@pytest.mark.parametrize("file", [f for f in python_files() if area_of(f).startswith("passes/")], ids=area_of)
def test_passes_name_no_operator_module(file: Path) -> None:
    assert not [n for n in imports(file) if n.startswith("arenite.ops")]


@pytest.mark.parametrize("file", cpp_files(), ids=lambda f: f.relative_to(ROOT).as_posix())
def test_cpp_includes(file: Path) -> None:
    path = file.relative_to(ROOT).as_posix()
    _, quoted_may, angle_may = next(row for row in CPP_MAY if path.startswith(row[0]))
    text = file.read_text()
    is_isa = bool(ISA_SUFFIX.search(path)) or path.endswith("/isa.h")
    for quoted in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.MULTILINE):
        assert quoted.startswith(quoted_may), f"{path} includes {quoted}"
    for angle in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.MULTILINE):
        if INTRINSICS.match(f"<{angle}>") or angle == "cpuid.h":
            assert is_isa, f"{path} includes <{angle}>; intrinsics belong into *_<isa>.cc"
        elif angle_may is not None:
            assert angle in angle_may, f"{path} includes <{angle}>"


@pytest.mark.parametrize("file", cpp_files(), ids=lambda f: f.relative_to(ROOT).as_posix())
def test_only_isa_files_ask_which_cpu(file: Path) -> None:
    path = file.relative_to(ROOT).as_posix()
    if not ISA_SUFFIX.search(path) and not path.endswith("/isa.h"):
        assert not ISA_QUESTION.search(file.read_text()), f"{path} asks which CPU this is; only isa.h may"


def test_names_and_lengths() -> None:
    sources = [
        f
        for area in (
            "compat",
            "converter",
            "interpreter",
            "kernels_cpp",
            "schema",
            "boards",
            "benchmarks",
            "examples",
            "tests",
        )
        for f in (ROOT / area).rglob("*")
        if f.suffix in (".py", ".cc", ".h", ".c") and "build" not in f.parts
    ]
    assert sources
    ours = [f for f in sources if "tensorflow" not in f.parts]  # the others' names are TFLite Micro's
    named = [f.relative_to(ROOT).as_posix() for f in ours if BANNED_STEMS & set(f.with_suffix("").parts)]
    assert not named, f"say what it does, not that it helps: {named}"
    long = [f"{f.relative_to(ROOT)}: {n}" for f in sources if (n := len(f.read_text().splitlines())) > MAX_LINES]
    assert not long, f"split these files (limit {MAX_LINES} lines): {long}"


def test_the_reader_of_imports_sees_breaches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules above mean nothing if the scanner misses an import: every form must be seen."""
    file = PACKAGE / "errors.py"
    tree = (
        "from . import writer\nfrom .passes import fold\nimport arenite.reader\ndef f():\n  import tensorflow as tf\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda self: tree)
    assert set(imports(file)) == {"arenite.writer", "arenite.passes.fold", "arenite.reader", "tensorflow"}
    assert "tensorflow" not in set(imports(file, top_level_only=True))
    assert ISA_QUESTION.search("#if defined(__ARM_FEATURE_DSP)") and ISA_SUFFIX.search("kernels_cpp/gemm_s8_x86.cc")
