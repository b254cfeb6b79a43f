"""A journal that is complete is kept compressed: it is text that repeats itself."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from support.journal.regular_file import open_regular, read_regular

SUFFIX = ".gz"
MOST_BYTES = 64 * 2**20  # of a compressed journal: what is in it has a bound of its own
LEVEL = 6  # from 38 MB to 2.1 MB in 0.3 s; the highest saves another twentieth in 0.2 s more

#: What reading may raise where the content is damaged.
Damaged = (EOFError, zlib.error, gzip.BadGzipFile)


def compress(journal: Path) -> Path:
    """Replace a closed journal by a compressed one, whole or not at all; its path is returned.

    Raises `OSError`; the journal is then as it was.
    """
    made = journal.with_name(journal.name + SUFFIX)
    temporary = journal.with_name(f".{made.name}")
    try:
        with open(journal, "rb") as plain, open(temporary, "wb") as file:
            with gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as packed:
                shutil.copyfileobj(plain, packed, 2**20)
            file.flush()
            os.fsync(file.fileno())
        if temporary.stat().st_size > MOST_BYTES:  # nobody would read it again
            temporary.unlink()
            return journal
        temporary.replace(made)
        journal.unlink()
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    return made


def open_journal(
    path: Path, most_bytes: int, seen: Callable[[bytes], object] | None
) -> tuple[BinaryIO, Callable[[bytes], object] | None]:
    """A journal to read lines from, and who is to be handed them for the digest of the file.

    That is of the bytes that are stored: of a compressed one, `seen` is handed them here. Raises
    `OSError` for what is no regular file, or too large.
    """
    if path.suffix != SUFFIX:
        return open_regular(path, most_bytes), seen
    content = read_regular(path, MOST_BYTES)
    if seen is not None:
        seen(content)
    return io.BufferedReader(gzip.GzipFile(fileobj=io.BytesIO(content))), None
