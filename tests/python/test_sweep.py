"""Every damage of a list, one at a time: all of it to one model, a sample to others. ``make sweep`` does it to the zoo."""

from __future__ import annotations

from pathlib import Path

import pytest
import sanitized
import seeded
import small_models
import sweep
from oracle import engines
from test_mutations import MODELS

#: one case in so many, of models that are not swept whole
EVERY = 53


@pytest.fixture(scope="module")
def program() -> Path:
    return sanitized.build() / "sweep"


@pytest.mark.slow
def test_every_damage_to_a_small_model_is_refused_or_harmless(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "mlp.tflite"
    path.write_bytes(small_models.int8_mlp())
    swept = sweep.sweep(program, [path])
    assert swept.cases > 10 * 0.9 * swept.size, (
        "eight flips, five words of four bytes, one length for nearly every byte"
    )
    assert swept.ends["an offset or a length points past the end of the model"] >= swept.size * 0.9, "every truncation"
    assert len(swept.ends) >= 10 and swept.ends["no error"] > 500


@pytest.mark.slow
def test_a_sample_of_the_damage_to_every_signature(program: Path, tmp_path: Path) -> None:
    models = [make() for make in MODELS.values()]
    models += [engines.model_of(op) for name in seeded.CASED for op, *_ in seeded.instances(name, 1).values()]
    paths = [tmp_path / f"{number}.tflite" for number in range(len(models))]
    for path, content in zip(paths, models, strict=True):
        path.write_bytes(content)
    assert sweep.sweep(program, paths, EVERY).cases > 50_000
