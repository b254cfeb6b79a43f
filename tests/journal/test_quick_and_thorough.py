"""The quick way to examine a text finds all that trying everything on it finds, and no more."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import uuid
from collections.abc import Callable
from urllib.parse import quote

import hypothesis.strategies as st
import jwt
import pytest
from hypothesis import given, settings
from thorough import Thorough

from support.journal import Redactor
from support.journal.canaries import ENCODED, bytes_in, is_readable

ALICE, BOB = "s01/Alice", "s01/Bob"
CANARIES = {"zqbcdfghjkmnprstvwxzbcdf": ALICE, "zqxwvtsrpnmkjhgfdcbzxwvt": BOB}
UNKNOWN = "eyJ0eXAiOiJqIn0.eyJhIjoxfQ."
TOKEN = jwt.encode({"sub": "alice", "scope": "chat"}, "k" * 40)
SECRETS = {
    "Xy3-open-sesame-9_Kq": "password",
    "correct horse, battery staple": "password",
    'quo"ted/and+grüße=': "password",
    "sess:41:a1b2c3d4e5f6a7b8": "token",
    TOKEN: "token",
    "9f8e7d6c5b4a39281706f5e4d3c2b1a0": "refresh token",
}
NAMES = {
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301": ("user", ALICE),
    "run-of-alice": ("run", ALICE),
    "Thread.Of.Bob": ("thread", BOB),
    "bob@example.test": ("email", BOB),
    "auth0|12345": ("user", BOB),
    "urn:run:7:ü": ("run", ALICE),
    "kiosk-talk": ("thread", BOB),
    "shared-thread": ("thread", ALICE),
}
STRANGE = ["\u212a", "\u0130", "\u017f", "ß", "早上好", "\ud800", "\x00", "\n", "\t"]
PLAIN = ["Let me see", "12 * 7", "1795221908.91", "tool_executing", "$2b$12$", "100 %", "a&b", "ey"]


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


def javascript(text: str) -> str:
    return "".join(f"\\x{ord(c):02x}" if ord(c) < 256 else c for c in text)


def entities(text: str) -> str:
    return "".join(f"&#{ord(c)};" for c in text)


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in text if ord(c) < 65_536)


def b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode()


DISGUISES: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.title,
    percent,
    javascript,
    entities,
    escaped,
    b64,
    lambda t: base64.urlsafe_b64encode(t.encode("utf-8", "replace")).decode().rstrip("="),
    lambda t: t.encode("utf-8", "replace").hex(),
    lambda t: f"xx{b64(t)}",
    lambda t: b64(f"a {t}"),
    lambda t: quote(b64(f"ab {t}"), safe=""),
    lambda t: quote(quote(t)),
    lambda t: json.dumps(json.dumps(t)),
    html.escape,
    lambda t: " ".join(t),
    lambda t: "-".join(t),
    lambda t: f"{t[:6]}\\n{t[6:]}",
    lambda t: t[: len(t) // 2],
    lambda t: t[3:15],
    lambda t: f"{t[:12]} and {t[12:]}",
    lambda t: f"{t[:8]} a {t[8:16]} a {t[16:]}",
    lambda t: t.replace("k", "\u212a"),
    lambda t: t.replace("s", "\u017f"),
]

PLANTED = [
    *(CANARIES | SECRETS | NAMES),
    *TOKEN.split("."),
    UNKNOWN,
    "$2b$12$" + 22 * "x",
]
planted = st.builds(
    lambda text, disguise: disguise(text), st.sampled_from(PLANTED), st.sampled_from(DISGUISES)
)
fragments = st.one_of(
    planted,
    planted,
    planted,
    st.sampled_from([*PLAIN, *STRANGE]),
    st.text(max_size=12),
    st.uuids().map(str),
    st.binary(min_size=6, max_size=40).map(lambda b: base64.b64encode(b).decode()),
)
glue = st.sampled_from(["", " ", '"', '", "', ".", "/", "=", "_", "\\", "\\n", "&", "%", ":"])
texts = st.lists(st.tuples(fragments, glue), max_size=6).map(
    lambda parts: "".join(part + glue for part, glue in parts)
)


def knowing(kind: type[Redactor]) -> Redactor:
    made = kind()
    for canary, owner in CANARIES.items():
        made.add_canary(canary, owner)
    for name, (what, owner) in NAMES.items():
        made.add_identifier(name, what, owner)
    made.add_identifier("shared-thread", "thread", BOB)
    for secret, label in SECRETS.items():
        made.add_secret(secret, label)
    return made


WARM = knowing(Redactor)  # all examples fill its caches
THOROUGH = knowing(Thorough)


@pytest.mark.parametrize("text", PLANTED)
def test_each_secret_and_name_is_found_in_each_disguise(text: str) -> None:
    for disguise in DISGUISES:
        for shown in (disguise(text), f'{{"text": "so {disguise(text)}!"}}', f"a{disguise(text)}b"):
            assert WARM.examine(shown) == THOROUGH.examine(shown), shown


@settings(max_examples=600)
@given(texts)
def test_the_quick_way_finds_what_the_thorough_way_finds(text: str) -> None:
    assert WARM.examine(text) == THOROUGH.examine(text)


@given(texts)
def test_a_text_by_itself_is_redacted_and_read_as_it_is_together(text: str) -> None:
    assert WARM.redact(text) == THOROUGH.redact(text)
    assert WARM.mentions(text) == THOROUGH.mentions(text)


@given(texts, st.sampled_from(DISGUISES[:1] + DISGUISES[7:11]))
def test_what_was_harmless_is_looked_at_again_once_more_is_secret(
    text: str, disguise: Callable[[str], str]
) -> None:
    quick, thorough = knowing(Redactor), knowing(Thorough)
    secret = f"Secret_{uuid.uuid4().hex}"
    text = f"{text} {disguise(secret)}"
    assert quick.examine(text) == thorough.examine(text)
    for redactor in (quick, thorough):
        redactor.add_identifier(secret, "run", BOB)
    assert quick.examine(text) == thorough.examine(text)
    for redactor in (quick, thorough):
        redactor.add_secret(secret, "late")
    assert quick.examine(text) == thorough.examine(text)
    assert secret not in quick.redact(text)


SHOWN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=4, max_size=8)
ENCODERS = st.sampled_from([base64.b64encode, base64.urlsafe_b64encode, binascii.hexlify])


@settings(max_examples=600)
@given(
    st.binary(max_size=24), SHOWN, st.binary(max_size=24), ENCODERS, st.text("aB3/_", max_size=3)
)
def test_a_word_is_readable_where_a_decoding_of_it_is(
    before: bytes, shown: str, after: bytes, encode: Callable[[bytes], bytes], glued: str
) -> None:
    word = glued + encode(before + shown.encode() + after).decode()
    decoded = [text for part in ENCODED.findall(word) for text in bytes_in(part)]
    assert is_readable(word) is any(re.search(rb"[ -~]{6}", text) for text in decoded)
