"""The four int8 models of MLPerf Tiny, which are not part of this tree.

They are looked for in the directory that the environment variable ARENITE_MODELS names, else in ``../shared/models``
beside the source tree.
"""

from __future__ import annotations

import os
from pathlib import Path

#: short name → file
FILES = {
    "vww": "vww_96_int8.tflite",
    "resnet": "pretrainedResnet_quant.tflite",
    "kws": "kws_ref_model.tflite",
    "ad": "ad01_int8.tflite",
}


def models() -> dict[str, bytes]:
    """Short name → content; empty when the directory or one of the files is missing."""
    beside = Path(__file__).parents[2] / "shared" / "models"
    directory = Path(os.environ.get("ARENITE_MODELS") or beside)
    paths = {name: directory / file for name, file in FILES.items()}
    return {name: path.read_bytes() for name, path in paths.items()} if all(p.is_file() for p in paths.values()) else {}
