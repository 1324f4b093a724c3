"""The programs of ``tests/cpp`` under AddressSanitizer and UndefinedBehaviorSanitizer.

clang builds them where it is installed: libFuzzer is a part of it. Else the default compiler does, and there are no fuzzers.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "sanitize"
PACKAGES = "clang libclang-rt-14-dev"


def call(*command: str | Path, seconds: float = 900, environment: Mapping[str, str] | None = None) -> str:
    """Standard output and errors of a program that must succeed; ``environment`` adds to that of this process."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def has_fuzzer() -> bool:
    """Whether clang is here, with libFuzzer."""
    clang = shutil.which("clang++")
    if clang is None:
        return False
    library = subprocess.run(
        [clang, "-print-file-name=libclang_rt.fuzzer-x86_64.a"], capture_output=True, text=True, check=True
    )
    return Path(library.stdout.strip()).is_absolute()


def require_fuzzer() -> None:
    """Skips the test without; in CI that is an error."""
    if not has_fuzzer():
        reason = f"libFuzzer is missing (apt-get install {PACKAGES})"
        assert os.environ.get("CI") != "true", reason
        pytest.skip(reason)


@cache
def build() -> Path:
    """Build all programs; their directory. One process at a time does."""
    BUILD.mkdir(parents=True, exist_ok=True)
    sanitizers = "address,undefined,float-cast-overflow"
    options = ["-DCMAKE_BUILD_TYPE=RelWithDebInfo"]
    if has_fuzzer():
        options.append("-DCMAKE_CXX_COMPILER=clang++")
        sanitizers += ",fuzzer-no-link"
    with open(BUILD / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call("cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", *options, f"-DARENITE_SANITIZE={sanitizers}")
        call("cmake", "--build", BUILD, seconds=1800)
    return BUILD / "tests" / "cpp"
