"""Learns every secret of a run from the wire, and searches what the run leaves behind for them."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from run_files import content

CHUNK = 65_536
LEAST = 12  # characters of a spelling that cannot be there by chance
PART = 20  # characters from which on a part of a token gives something away
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
_CANARY = re.compile(r"zq[bcdfghjkmnpqrstvwxz]{22}")
_PASSWORD = re.compile(r'"password": ?"([^"]+)"')
#: Words in which a secret can stand, however it is spelt.
_WORD = re.compile(rf"[\w.%+/=\\-]{{{LEAST},}}", re.ASCII)
_DATA = re.compile(r"[A-Za-z0-9+/]{60,}={0,2}")


class Wire:
    """Forwards to a service and keeps every byte that passes, both ways."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._behind = (host, int(port))
        self._heard = [bytearray()]
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def heard(self) -> str:
        """What has passed so far."""
        return "\n".join(bytes(one).decode("latin-1") for one in self._heard)

    def close(self) -> None:
        """Accept nobody any more."""
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                came, _ = self._server.accept()
                there = socket.create_connection(self._behind)
                for ends in ((came, there), (there, came)):
                    kept = bytearray()
                    self._heard.append(kept)
                    threading.Thread(target=_pump, args=(*ends, kept), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            kept += chunk
            sink.sendall(chunk)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wires(address: dict[str, str]) -> Iterator[tuple[dict[str, str], list[Wire]]]:
    """The same services by other addresses, and what is heard on the way to them."""
    chat, auth = (Wire(address[f"GREENLIGHT_{name}_URL"]) for name in ("CHAT", "AUTH"))
    try:
        heard = {"GREENLIGHT_CHAT_URL": chat.url, "GREENLIGHT_AUTH_URL": auth.url}
        yield {**address, **heard}, [chat, auth]
    finally:
        for wire in (chat, auth):
            wire.close()


def learnt(*told: str) -> dict[str, set[str]]:
    """The secrets in what was told, by kind."""
    text = "\n".join(told)
    return {
        "token": set(_JWT.findall(text)),
        "canary": set(_CANARY.findall(text)),
        "password": set(_PASSWORD.findall(text)),
    }


def left_behind(output: str, *folders: Path) -> str:
    """Everything a run said and wrote, with what is packed into pages and files unpacked."""
    texts = [output]
    for file in (p for folder in folders for p in folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            texts.append(file.name)
            text = content(file).decode("utf-8", "replace")
            texts += [text, *_unpacked(text)]
    return "\n".join(texts)


def _unpacked(content: str) -> Iterator[str]:
    """The data that a single page holds in base64, compressed or not."""
    for word in _DATA.findall(content):
        with contextlib.suppress(ValueError):
            raw = base64.b64decode(word + "=" * (-len(word) % 4))
            yield raw.decode("utf-8", "replace")
            for kind in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
                with contextlib.suppress(zlib.error):
                    yield zlib.decompress(raw, kind).decode("utf-8", "replace")


def spellings(secret: str) -> set[str]:
    """A secret as it is and as encoders write it; in base64, wherever in a text it began."""
    raw = secret.encode()
    forms = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], raw.hex()}
    forms.add("".join(f"%{byte:02x}" for byte in raw))
    forms.add("".join(f"\\u{byte:04x}" for byte in raw))
    for offset in range(3):
        # Whole groups of three bytes alone: what stands at the edges depends on the neighbours.
        start = -offset % 3
        whole = raw[start : start + (len(raw) - start) // 3 * 3]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(whole).decode())
    return {form for form in forms if len(form) >= LEAST}


def found(secrets: dict[str, set[str]], text: str) -> list[str]:
    """What of the secrets is in `text`, a line each; the parts of a token count, too."""
    kinds = {
        form: kind
        for kind, values in secrets.items()
        for value in values
        for piece in (value, *(part for part in value.split(".") if len(part) >= PART))
        for form in spellings(piece)
    }
    told = []
    for form in _standing_in(text, kinds):
        at = text.find(form)
        told.append(f"{kinds[form]}: {text[max(0, at - 60) : at + 60]!r}")
    told += [f"looks like a token: {word}" for word in _JWT.findall(text)]
    told += [f"looks like a canary: {word}" for word in _CANARY.findall(text)]
    return told


def _standing_in(text: str, forms: Iterable[str]) -> set[str]:
    """Which of the forms stand in the text: found by how they begin, in one walk over it."""
    by_start: dict[str, list[str]] = {}
    for form in forms:
        by_start.setdefault(form[:LEAST], []).append(form)
    hits: set[str] = set()
    for word in set(_WORD.findall(text)):  # each once: pages say the same again and again
        for at in range(len(word) - LEAST + 1):
            for form in by_start.get(word[at : at + LEAST], ()):
                if word.startswith(form, at):
                    hits.add(form)
    return hits
