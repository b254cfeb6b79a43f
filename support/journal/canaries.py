"""Canaries: secrets that only their owner may ever see, and how they are found in disguise."""

from __future__ import annotations

import binascii
import html
import re
import secrets
import string
from collections.abc import Callable, Iterator
from urllib.parse import unquote

PREFIX = "zq"
# No vowels and no digits: the agent cannot take a canary for a word or a sum.
ALPHABET = "bcdfghjkmnpqrstvwxz"
_LETTERS = 22
#: The last letters are a checksum: a random id or token looks like a canary now and then (one in
#: 150 million places, and a day of gates has as many), and one in 130,000 of those passes it.
_CHECK_LETTERS = 4
#: A piece of a canary: so many of its letters in a row (34 bits). A gate compares 10,000 pieces
#: with millions of places in random ids: a single one is found there by chance now and then.
PIECE = 8
#: Half of a canary (51 bits): so many of its letters in one message, in pieces, are no chance.
PART = 12
LAYERS = 3  # of escapes taken off: what is escaped more often than that, nobody reads by accident
#: What secrets, identifiers and encoded text are made of: each lies within one such word.
WORD = re.compile(r"[A-Za-z0-9+/_.@=-]{6,}")

CANARY = re.compile(rf"{PREFIX}[{ALPHABET}]{{{_LETTERS}}}", re.IGNORECASE)
# What follows the prefix is only looked at: letters before a canary may begin like one, too.
_ALIKE = re.compile(rf"{PREFIX}(?=([{ALPHABET}]{{{_LETTERS}}}))")
RUN = re.compile(rf"[{ALPHABET}{ALPHABET.upper()}]{{{PIECE},}}")

_ESCAPE = re.compile(r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[nrtbf])")
ENCODED_LEAST = 16  # characters from which on a word may be encoded text
_ENCODED = re.compile(rf"[A-Za-z0-9+/_-]{{{ENCODED_LEAST},}}={{0,2}}")
#: What may be an encoded secret.
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{28,}={0,2}")
_HEX = re.compile(r"[0-9a-fA-F]{12,}")
_PADDING = ("", "", "==", "=")  # by how many characters there are beyond whole groups
_READABLE = b"x" * 6
_READABLE_AS_X = bytes(ord("x") if 0x20 <= code <= 0x7E else 0 for code in range(256))
# What six ASCII bytes from the space on look like in base64, by which of a group is the first of
# them, or in hex: a group of three bytes is in four characters, each of which bounds a high bit.
_FIRST, _SECOND, _THIRD = "[I-Za-f]", "[A-HQ-Xg-nw-z0-3]", "[ABEFIJMNQRUVYZcdghklopstwx014589]"
_MAY_BE_READABLE = re.compile(
    f"{_FIRST}{_SECOND}{_THIRD}.{_FIRST}{_SECOND}{_THIRD}"
    f"|{_SECOND}{_THIRD}.{_FIRST}{_SECOND}{_THIRD}.{_FIRST}"
    f"|{_THIRD}.{_FIRST}{_SECOND}{_THIRD}.{_FIRST}{_SECOND}"
    "|(?:[2-7][0-9a-fA-F]){6}"
)
_CHUNK = re.compile(r"""[^\s"]+""")
# The prefix of a canary in base64, by how many bytes before it belong to the same group.
_PREFIX_IN_BASE64 = re.compile("enF|[HXn3]px|6c[WX]")
_PREFIX_IN_HEX = PREFIX.encode().hex()
_PREFIX_IN_HEX_CAPITALS = _PREFIX_IN_HEX.upper()
_RUN = re.compile(rf"[{ALPHABET}]{{{PIECE},}}".encode())
_NO_LETTERS = bytes(sorted(set(range(256)) - set(b"abcdefghijklmnopqrstuvwxyz")))
_SAME = re.compile(rb"([a-z])\1{7,}")
_NEITHER_CASE = bytes(sorted(set(range(256)) - set(string.ascii_letters.encode())))
_CANARY_LETTERS = (ALPHABET + ALPHABET.upper()).encode()
_AS_X = bytes(ord("x") if code in _CANARY_LETTERS else ord(" ") for code in range(256))
_X_RUN = b"x" * PIECE


def new_canary(choice: Callable[[str], str] = secrets.choice) -> str:
    """A secret of about 76 bits that nobody can guess and that survives JSON unescaped."""
    letters = "".join(choice(ALPHABET) for _ in range(_LETTERS - _CHECK_LETTERS))
    return PREFIX + letters + _checksum(letters)


def is_canary(text: str) -> bool:
    """True for what `new_canary` makes, in any case of letters, here or in another run."""
    letters = text.lower().removeprefix(PREFIX)
    return letters[-_CHECK_LETTERS:] == _checksum(letters[:-_CHECK_LETTERS])


def alike(text: str) -> list[str]:
    """What looks like a canary in `text`, which is in small letters; such words may overlap."""
    return [PREFIX + letters for letters in _ALIKE.findall(text)]


def _checksum(letters: str) -> str:
    rest, found = binascii.crc32(letters.encode()), ""
    for _ in range(_CHECK_LETTERS):
        rest, place = divmod(rest, len(ALPHABET))
        found += ALPHABET[place]
    return found


def pieces(canary: str) -> Iterator[str]:
    """Every `PIECE` letters in a row of a canary."""
    for start in range(len(canary) - PIECE + 1):
        yield canary[start : start + PIECE]


def readings(text: str) -> Iterator[str]:
    """The text, and what an encoder may have made it from.

    Percent-, HTML- and JSON-escapes are taken off, also when they are mixed or doubled; words in
    base64 (RFC 4648, either alphabet) and hex are decoded.
    """
    for layer in unescaped(text):
        yield layer
        text = layer
    yield from decodings(text)


def unescaped(text: str) -> Iterator[str]:
    """The text, and what is below each layer of percent-, HTML- and JSON-escapes."""
    yield text
    if not has_escapes(text):
        return
    for _ in range(LAYERS):
        plain = _without_escapes(text)
        if plain == text:
            return
        text = plain
        yield text


def has_escapes(text: str) -> bool:
    """False for text that is certainly what `unescaped` would make of it."""
    return "%" in text or "&" in text or "\\" in text


def decodings(text: str) -> Iterator[str]:
    """What words in base64 and hex stand for."""
    for word in _ENCODED.findall(text):
        yield from _decoded(word)


def is_readable(word: str) -> bool:
    """True where a decoding of `word` by `bytes_in` has six characters or more that can be read."""
    if not _MAY_BE_READABLE.search(word):
        return False
    for part in ENCODED.findall(word):
        decoded = b"\0".join(bytes_in(part))  # one look at all of it costs a third
        if _READABLE in decoded.translate(_READABLE_AS_X):
            return True
    return False


def bytes_in(word: str) -> Iterator[bytes]:
    """What base64 or hex may stand for; what comes before it may have been taken for a part."""
    standard = word.rstrip("=").replace("-", "+").replace("_", "/")
    for offset in range(min(4, len(standard))):
        size = len(standard) - offset
        whole = standard[offset : offset + size - (size % 4 == 1)]
        yield binascii.a2b_base64(whole + _PADDING[size % 4])
    for digits in _HEX.findall(word):
        for offset in range(2):
            even = (len(digits) - offset) // 2 * 2
            yield bytes.fromhex(digits[offset : offset + even])


def may_have_pieces(text: str) -> bool:
    """False where `runs` would find nothing in `text`, in any case of letters."""
    return _X_RUN in text.encode("ascii", "ignore").translate(_AS_X, _NEITHER_CASE)


def may_hold_canary(text: str) -> bool:
    """False for text that has no canary in it in base64 or hex."""
    # Much quicker than a search, and single characters are by far the quickest to rule out.
    if _PREFIX_IN_HEX in text or ("A" in text and _PREFIX_IN_HEX_CAPITALS in text):
        return True
    maybe = (
        ("x" in text and "px" in text)
        or ("F" in text and "enF" in text)
        or ("W" in text and "6cW" in text)
        or ("X" in text and "6cX" in text)
    )
    return maybe and _PREFIX_IN_BASE64.search(text) is not None


def runs(text: str) -> Iterator[str]:
    """Runs of canary letters in `text` (in small letters), whatever but letters stands between.

    So a secret is found that is spread over fields or spelt with spaces.
    """
    letters = text.encode("ascii", "ignore").translate(None, _NO_LETTERS)
    if len(letters) > 2_000:
        letters = _SAME.sub(b"a", letters)  # filler of one letter is long and can be no secret
    for run in _RUN.findall(letters):
        yield run.decode()


def disguises(text: str) -> Iterator[tuple[str, str]]:
    """The words of `text` that may hold a whole canary in some encoding, each with that canary."""
    escaped = [c.rstrip("\\") for c in _CHUNK.findall(text) if "%" in c or "&" in c or "\\" in c]
    maybe = _PREFIX_IN_BASE64.search(text) or _PREFIX_IN_HEX in text.lower()
    encoded = [w for w in _ENCODED.findall(text) if may_hold_canary(w)] if maybe else []
    for word in (*escaped, *encoded):
        for reading in readings(word):
            for canary in alike(reading.lower()):
                yield word, canary


def _without_escapes(text: str) -> str:
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = html.unescape(text)
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    return text


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1) or match.group(2)
    return chr(int(code, 16)) if code else ""


def _decoded(word: str) -> Iterator[str]:
    if may_hold_canary(word):
        # Something else may be glued to its beginning, so that the groups begin later.
        for start in range(4):
            yield from _read(word[start:], "latin-1")
    else:
        yield from _read(word, "utf-8")


def _read(word: str, charset: str) -> Iterator[str]:
    for decode in (from_base64, bytes.fromhex) if word.isalnum() else (from_base64,):
        try:
            yield decode(word).decode(charset)
        except ValueError:
            continue  # not that encoding, then


def from_base64(word: str) -> bytes:
    """What `word` stands for in either alphabet of RFC 4648; raises `ValueError`."""
    bare = word.rstrip("=").replace("-", "+").replace("_", "/")
    return binascii.a2b_base64(bare[: len(bare) - (len(bare) % 4 == 1)] + "=" * (-len(bare) % 4))
