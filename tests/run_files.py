"""Files of a run as tests read them: a journal is the same whether it is compressed or not."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

JOURNAL = "journal.jsonl"
COMPRESSED = "journal.jsonl.gz"


def journal_file(folder: Path) -> Path:
    """The journal of a run: compressed, unless the run never came to its end."""
    packed = folder / COMPRESSED
    return packed if packed.exists() else folder / JOURNAL


def content(path: Path) -> bytes:
    """What is in a file, uncompressed."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def journal_lines(folder: Path) -> list[bytes]:
    """The lines of a run's journal."""
    return content(journal_file(folder)).splitlines()


def write_lines(folder: Path, lines: Iterable[bytes]) -> None:
    """Replace the compressed journal of a run."""
    (folder / COMPRESSED).write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)))
