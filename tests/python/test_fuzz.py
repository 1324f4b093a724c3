"""libFuzzer against the runtime, under the sanitizers: starts from a model of every signature, and from whole models.

``make fuzz`` runs it longer (``FUZZ_SECONDS``); what it finds new stays in build/fuzz for the next time.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import sanitized
import seeded
from oracle import engines
from test_mutations import MODELS

#: program → seconds of a test, and executions that are fewer than any machine makes in them
SECONDS = {"fuzz_open": (50, 10_000), "fuzz_run": (80, 10_000), "fuzz_ways": (50, 1_000)}
CORPUS = sanitized.ROOT / "build" / "fuzz"


def make_seeds(directory: Path) -> None:
    """Small models: one of each signature of every operator, and those of several operators."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in seeded.CASED:
        for number, (op, *_) in enumerate(seeded.instances(name, 1).values()):
            (directory / f"{name}_{number}").write_bytes(engines.model_of(op))
    for name, make in MODELS.items():
        (directory / name).write_bytes(make())


@pytest.mark.slow
@pytest.mark.parametrize("program", SECONDS)
def test_no_file_hurts(program: str) -> None:
    sanitized.require_fuzzer()
    corpus, artifacts = CORPUS / program, CORPUS / "findings"
    make_seeds(corpus)
    artifacts.mkdir(exist_ok=True)
    usual, least = SECONDS[program]
    seconds = int(os.environ.get("FUZZ_SECONDS", usual))
    # Not rss_limit_mb: that looks at the highest ever, which a child inherits from the process that starts it.
    options = {"max_total_time": seconds, "max_len": 16384, "timeout": 300, "malloc_limit_mb": 2048, "rss_limit_mb": 0,
               "print_final_stats": 1, "artifact_prefix": f"{artifacts}/{program}-"}  # fmt: skip
    report = sanitized.call(
        sanitized.build() / program,
        *(f"-{key}={value}" for key, value in options.items()),
        corpus,
        seconds=seconds + 900,
        environment={"ASAN_OPTIONS": "hard_rss_limit_mb=2048"},
    )
    (executions,) = re.findall(r"number_of_executed_units: (\d+)", report)
    print(f"{program}: {executions} executions")
    assert int(executions) > least
