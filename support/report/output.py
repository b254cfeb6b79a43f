"""Everything that a run prints beside its report: terminal, formatters' files, log records, JUnit.

Steps, hooks and libraries say what they like, exceptions quote what they were given. It is masked
where it leaves the process, so that none of them has to think of it (requirement F8).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from support.report.formatting import mask


class Masked:
    """A text stream that masks what is written to it, and is like `stream` in all else."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text`, masked; the number of characters given is returned."""
        self._stream.write(mask(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each line, masked."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def masked_output(config: Any) -> Iterator[None]:
    """While inside, everything that behave prints with that configuration is masked.

    JUnit's files are masked at the end.
    """
    out, err, make = sys.stdout, sys.stderr, logging.getLogRecordFactory()
    sys.stdout, sys.stderr = Masked(out), Masked(err)
    logging.setLogRecordFactory(_record_maker(make))
    for opener in config.outputs:
        _mask_opener(opener)
    try:
        yield
    finally:
        if config.junit:
            for file in Path(config.junit_directory).glob("*.xml"):
                _mask_junit(file)
        logging.setLogRecordFactory(make)
        sys.stdout, sys.stderr = out, err


def _mask_opener(opener: Any) -> None:
    """behave opens a formatter's file late, and the terminal before anyone can intervene."""
    if opener.stream is not None:
        opener.stream = Masked(opener.stream)
        return
    open_it = opener.open

    def open_masked() -> Any:
        stream = open_it()
        # A formatter closes its stream only when its opener holds the very same one.
        opener.stream = stream if isinstance(stream, Masked) else Masked(stream)
        return opener.stream

    opener.open = open_masked


def _record_maker(make: Any) -> Any:
    def masked_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = make(*args, **kwargs)
        try:
            record.msg, record.args = mask(record.getMessage()), ()
        except (TypeError, ValueError):
            record.msg, record.args = "a log record whose arguments do not fit its text", ()
        if record.exc_info:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return record

    return masked_record


def _mask_junit(file: Path) -> None:
    try:
        tree = ElementTree.parse(file)
    except (ElementTree.ParseError, OSError) as error:
        print(f"{file.name} was removed: it could not be searched for secrets ({error}).")
        file.unlink(missing_ok=True)
        return
    for element in tree.iter():
        element.text, element.tail = (t and mask(t) for t in (element.text, element.tail))
        element.attrib.update({name: mask(value) for name, value in element.attrib.items()})
    tree.write(file, encoding="UTF-8", xml_declaration=True)
