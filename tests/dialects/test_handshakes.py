"""What comes before a question: signed requests, cookies, a one-time value that comes back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from small_dialect import ASKS, RUNS_OF_THE_QUESTION
from small_server import serving
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from support.cli import main
from support.dialects import Person, load_dialect

KEY = b"a key that both sides hold"
SESSION = "session-7f3a91c2"
FILE = (
    """
format = 2
name = "signed"
signature = "signed.py:Signed"
[[before]]
get = "/login"
cookies = { sid = "SID" }
[handshake]
path = "/ws"
[handshake.ways.header]
headers = { Cookie = "SID={sid}", X-Token = "{token}" }
[[hello]]
send = { hello = "{uuid}" }
wait = "welcome=='{uuid}'"
[fence]
ordered = false
quiet_s = 0.1
[[read]]
when = "welcome"
says = "ignored"
[prompts]
plain = "Good morning ({tag}), my note is {canary}"
"""
    + ASKS
    + RUNS_OF_THE_QUESTION
)
CODE = f"""
import hashlib, hmac
from urllib.parse import urlsplit
class Signed:
    def sign(self, method, url, headers, body, values):
        text = f"{{method}} {{urlsplit(url).netloc}}{{urlsplit(url).path}} {{values['token']}}"
        found = hmac.new({KEY!r}, text.encode() + body, hashlib.sha256).hexdigest()
        return {{**headers, "X-Token": values["token"], "X-Signature": found}}
"""


def process(connection: ServerConnection, request: Request) -> Response | None:
    """Refuse what is not signed, and a connection without the cookie of the login."""
    host, path = request.headers["Host"], urlsplit(request.path).path
    text = f"GET {host}{path} {request.headers.get('X-Token')}"
    right = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(request.headers.get("X-Signature", ""), right):
        return connection.respond(403, "not signed\n")
    if path == "/login":
        response = connection.respond(200, "{}")
        response.headers["Set-Cookie"] = f"SID={SESSION}; Path=/; HttpOnly"
        return response
    cookies = SimpleCookie(request.headers.get("Cookie", ""))
    known = "SID" in cookies and cookies["SID"].value == SESSION
    return None if known else connection.respond(401, "who are you?\n")


def talk(socket: ServerConnection) -> None:
    for text in socket:
        told = json.loads(text)
        if "hello" in told:
            socket.send(json.dumps({"welcome": told["hello"]}))
            continue
        socket.send(json.dumps({"id": told["id"], "began": True}))
        socket.send(json.dumps({"id": told["id"], "done": told["ask"]}))


@pytest.fixture
def url() -> Iterator[str]:
    with serving(talk, process) as address:
        yield address


def tried(folder: Path, url: str, file: str = FILE, code: str = CODE) -> Result:
    (folder / "ours.toml").write_text(file, "utf-8")
    (folder / "signed.py").write_text(code, "utf-8")
    words = ["dialect", "try", str(folder / "ours.toml"), "--chat-url", url]
    given = ["--token", "a-token-of-ada", "-D", "patience.connect_s=2"]
    return CliRunner().invoke(main, [*words, *given, "-D", f"reports={folder / 'reports'}"])


def test_signed_requests_cookies_and_one_time_values_are_sent(url: str, tmp_path: Path) -> None:
    done = tried(tmp_path, url)
    assert done.exit_code == 0, done.output
    assert "✔ connected, and the hello is over" in done.output
    assert SESSION not in done.output


@pytest.mark.parametrize(
    ("file", "code", "told", "status"),
    [
        (FILE, CODE.replace("{method}", "x"), "GET /login: HTTP 403", 1),
        (FILE.replace('"SID" }', '"SIDE" }'), CODE, "has no 'cookie SIDE' to keep as {sid}", 1),
        (FILE.replace("=='{uuid}'", "=='{uuid}x'"), CODE, "not connected: look at [handshake]", 1),
        (FILE, CODE.replace("found =", "found = 1 / 0 #"), "ZeroDivisionError", 1),
        (FILE, CODE.replace("return {", "return 7 # {"), "gives no table of texts", 1),
        (FILE.replace("py:Signed", "py:Other"), CODE, "signed.py:Other cannot be used", 2),
        (FILE.replace("signed.py", "nowhere.py"), CODE, "there is no signature", 2),
        (FILE + '[[after]]\nget = "/"\ncookies = { a = "b" }\n', CODE, "in [[before]] only", 2),
    ],
)
def test_what_does_not_fit_is_one_clear_line(
    file: str, code: str, told: str, status: int, url: str, tmp_path: Path
) -> None:
    done = tried(tmp_path, url, file, code)
    assert told in done.output.replace("\n", " ")
    assert done.exit_code == status, done.output
    assert "Traceback" not in done.output


LOGIN = (
    """
format = 2
name = "by-login"
[[before]]
post = "/login"
headers = { X-Token = "{token}" }
%s
[handshake]
path = "/ws"
[handshake.ways.header]
headers = { %s }
[fence]
ordered = false
[prompts]
plain = "Good morning ({tag}), my note is {canary}"
"""
    + ASKS
    + RUNS_OF_THE_QUESTION
)
COOKIE = ('cookies = { sid = "SID" }', 'Cookie = "SID={sid}"')
TICKET = ('capture = { sid = "ticket" }', 'Authorization = "Ticket {sid}"')


def headers_of(folder: Path, file: str, token: str | None) -> dict[str, str]:
    """What Mallory, who has logged in, sends with that token."""
    (folder / "ours.toml").write_text(file, "utf-8")
    mallory = Person(values={"token": "mallorys", "sid": "session-of-mallory", "room": "7"})
    dialect = load_dialect(str(folder / "ours.toml"))
    return dialect.conversation(mallory).handshake(token, "header").headers


@pytest.mark.parametrize("way", [COOKIE, TICKET], ids=["cookie", "ticket"])
def test_what_a_login_gives_is_as_good_as_the_token(way: tuple[str, str], tmp_path: Path) -> None:
    file = LOGIN % way
    (own,) = headers_of(tmp_path, file, "mallorys").values()
    (forged,) = headers_of(tmp_path, file, "a-forged-one").values()
    assert own.endswith("session-of-mallory")
    assert forged.endswith("a-forged-one")
    assert headers_of(tmp_path, file, None) == {}


def test_of_several_things_that_a_login_gives_the_secret_is_the_credential(tmp_path: Path) -> None:
    way = (
        'capture = { room = "room", ticket = "ticket" }',
        'X-Room = "{room}", Authorization = "Ticket {ticket}"',
    )
    (tmp_path / "ours.toml").write_text(LOGIN % way, "utf-8")
    wire = load_dialect(str(tmp_path / "ours.toml")).wire
    assert wire.session_credentials == {"ticket"}


def test_what_is_no_credential_is_sent_without_a_token(tmp_path: Path) -> None:
    way = ('capture = { room = "room" }', 'X-Room = "{room}", X-Token = "{token}"')
    assert headers_of(tmp_path, LOGIN % way, None) == {"X-Room": "7"}
    assert headers_of(tmp_path, LOGIN % way, "forged") == {"X-Room": "7", "X-Token": "forged"}


def test_a_victims_handshake_is_imitated_with_what_it_carries(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(LOGIN % COOKIE, "utf-8")
    dialect = load_dialect(str(tmp_path / "ours.toml"))
    assert dialect.credential("alices", {"sid": "session-of-alice"}) == "session-of-alice"
    assert load_dialect("agent-chat-v1").credential("alices", {}) == "alices"
