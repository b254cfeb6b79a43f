"""Allure's page, compressed: nothing of it is lost, and what is unknown is left alone."""

from __future__ import annotations

import base64
import gzip
import json
import re

from support.report.allure.packed import packed

PROGRAM = b"console.log('the program');" * 100
FILES = {"data/a.txt": "Grüße\n".encode() * 200, "widgets/\\u00e4 b.json": b"{}", "empty.txt": b""}
BLOCK = re.compile(r'<script type="application/gzip" id="([\w-]+)">([^<]*)</script>')


OLD_FONT = b'a="data:font/woff;base64,d09GRg+/==";'
NEW_FONT = b'b="data:font/woff2;base64,d09GMg==";'


def page(*files: tuple[str, bytes], program: bytes = PROGRAM) -> str:
    given = files or tuple(FILES.items())
    data = ",".join(f'd("{n}","{base64.b64encode(c).decode()}")' for n, c in given)
    encoded = base64.b64encode(program).decode()
    return (
        '<body><div id="app"></div>'
        f'<script   src="data:text/javascript;base64,{encoded}"></script>'
        "<script async>function d(name, value){}</script>"
        f"<script defer>\n Promise.allSettled([{data}])\n .then(function(){{ ready(); }})\n"
        " </script></body>"
    )


def unpacked(text: str) -> dict[str, bytes]:
    return {name: gzip.decompress(base64.b64decode(data)) for name, data in BLOCK.findall(text)}


def test_program_and_data_are_all_there_and_smaller() -> None:
    before = page()
    made = packed(before)
    parts = unpacked(made)
    assert parts["packed-program"] == PROGRAM
    head, _, rest = parts["packed-data"].partition(b"\n")
    found = {}
    for name, length in json.loads(head):
        found[name], rest = rest[:length], rest[length:]
    assert rest == b""
    assert found == {json.loads(f'"{name}"'): content for name, content in FILES.items()}
    assert "base64,Y29" not in made
    assert "Promise.allSettled" not in made
    assert made.count("DecompressionStream") >= 1
    assert len(made) < len(before)


def test_a_font_in_two_formats_is_kept_in_the_newer() -> None:
    parts = unpacked(packed(page(program=OLD_FONT + NEW_FONT)))
    assert parts["packed-program"] == b'a="data:,";' + NEW_FONT


def test_the_same_page_is_packed_the_same_way() -> None:
    assert packed(page()) == packed(page())


def test_a_page_of_another_kind_is_left_as_it_is() -> None:
    for other in (
        "<body></body>",
        page().replace("data:text/javascript", "data:text/plain"),
        page().replace("Promise.allSettled", "Promise.all"),
        page().replace('d("empty.txt","")', 'e("empty.txt","")'),
        page() + page(),
    ):
        assert packed(other) == other
