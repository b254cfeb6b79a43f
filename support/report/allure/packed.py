"""Allure's page a quarter as large: its program and its data compressed, unpacked by the browser.

Allure writes both as base64 into the page, the data file by file. Here they are decoded, put
together and compressed, which also finds what the files have in common. The program has each font
twice; the older format, for browsers that could not unpack the page anyway, is left out.
"""

from __future__ import annotations

import base64
import gzip
import re
from importlib.resources import files

import msgspec

_PROGRAM = re.compile(r'<script\s+src="data:text/javascript;base64,([A-Za-z0-9+/=]+)"></script>')
_DATA = re.compile(
    r"<script defer>\s*Promise\.allSettled\(\[(d\(.*?\))\]\)\s*\.then\(.*?</script>", re.S
)
_FILE = re.compile(r'd\("((?:[^"\\]|\\.)*)","([A-Za-z0-9+/=]*)"\)')
_OLD_FONT = re.compile(rb"data:font/woff;base64,[A-Za-z0-9+/=]+")
LEVEL = 6


def packed(page: str) -> str:
    """The page with program and data compressed; one that looks otherwise is returned as it is."""
    program, found = _PROGRAM.findall(page), data_files(page)
    if len(program) != 1 or not found:
        return page
    contents = [base64.b64decode(content) for _, content in found]
    names = [msgspec.json.decode(f'"{name}"') for name, _ in found]
    head = msgspec.json.encode([(n, len(c)) for n, c in zip(names, contents, strict=True)])
    parts = {
        "packed-data": head + b"\n" + b"".join(contents),
        "packed-program": _OLD_FONT.sub(b"data:,", base64.b64decode(program[0])),
    }
    blocks = "".join(_block(name, content) for name, content in parts.items())
    script = files("support.report.allure").joinpath("packed.js").read_text(encoding="utf-8")
    page = _PROGRAM.sub("", page)
    return _DATA.sub(lambda _: f"{blocks}<script>{script}</script>", page)


def data_files(page: str) -> list[tuple[str, str]]:
    """Name and base64 of each file in the page's data; none of one that looks otherwise."""
    data = _DATA.findall(page)
    if len(data) != 1:
        return []
    found: list[tuple[str, str]] = _FILE.findall(data[0])
    whole = ",".join(f'd("{name}","{content}")' for name, content in found) == data[0]
    return found if whole else []


def _block(name: str, content: bytes) -> str:
    packed = base64.b64encode(gzip.compress(content, LEVEL, mtime=0)).decode("ascii")
    return f'<script type="application/gzip" id="{name}">{packed}</script>\n'
