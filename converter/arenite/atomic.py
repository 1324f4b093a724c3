"""Files appear whole or not at all: written beside their place under a temporary name, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import AreniteError


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary path in the same directory; on success rename it to ``path``, on an exception remove it.

    The temporary file keeps the suffix (numpy and others look at it). Raises AreniteError when the place is not writable.
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise AreniteError(f"cannot write '{target}': {error.strerror}") from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        raise AreniteError(f"cannot write '{target}': {error.strerror or error}") from None  # numpy gives no strerror
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
