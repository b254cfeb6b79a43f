"""A dialect that cannot be used, or a backend that is not as it says: a clear line, no approval."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest
import strange_targets as strange
from throwaway import GOOD, Ran, Suite, agree
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from support.dialects.loading import dialect_path

OWN = dialect_path("agent-chat-v1").read_text("utf-8")
QUICK = {"GREENLIGHT_PATIENCE__SCALE": "0.1"}
FIRST = '\n[[before]]\nget = "/talks"\ncapture = { talk = "id" }\n'


def undecided(ran: Ran, *words: str, decision: str = "INCONCLUSIVE") -> None:
    """Fail unless the run ended with that decision, for a first reason that holds `words`."""
    agree(ran, decision)
    assert ran.code != 0
    assert "Traceback" not in ran.output
    for word in words:
        assert word in ran.verdict["reasons"][0], ran.output
        assert word in ran.output


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("format = 2", "format = 2\n[[[", "this is no TOML"),
        ("format = 2", "format = 1", "docs/dialects.md shows format 2"),
        (
            "selects =",
            "select =",
            "handshake.select: there is no such key (did you mean 'selects'?)",
        ),
        ("=='accepted'\"", "='accepted'\"", "read[1].when: the expression"),
        ('says = "pong"', 'says = "ping"', "read[10].says"),
        ('get.nonce = "nonce"', 'get.once = "nonce"', "did you mean 'nonce'?"),
        ("{request_id}", "{request}", "nothing is kept as {request} (did you mean 'request_id'?)"),
        ('mode = "position"', 'mode = "none"', "send.resume: there is a way to resume, but"),
        (" for {canary} ({tag}).", " ({tag}).", "prompts.tool: there is no {canary} in it"),
        ('position = "event_id"', 'position = "`7`"', "event.get.position: a position has to come"),
        ('get.nonce = "nonce"', 'set.nonce = "n"', "read[10].set.nonce: a nonce has to come from"),
        ('response = "data.response"', "response = \"'84'\"", "a response has to come from the"),
        ("=='pong'\"", "=='ready'\"", "read[10].when: this rule is never asked: rule 1"),
        ("expired_within_s = 5.0", "expired_within_s = 1e9", "closing.expired_within_s"),
        ("[resume]", "[fence]\nquiet_s = 0\n[resume]", "fence.quiet_s: expected `float` >= 0.1"),
        ("{ http = 401 }]", "{ http = 101 }]", "handshake.refusals: expected `int` >= 200"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_line_and_key(
    suite: Suite, old: str, new: str, words: str
) -> None:
    assert old in OWN
    suite.write("ours.toml", OWN.replace(old, new, 1))
    ran = suite.run("-D", "dialect=ours.toml")
    undecided(ran, "The dialect ours.toml is broken: ", words)
    assert "line " in ran.verdict["reasons"][0]
    assert ran.statuses == {GOOD: "not_run"}


@contextlib.contextmanager
def talks(status: int, body: str) -> Iterator[str]:
    """A healthy backend whose `GET /talks` is answered like that."""

    def http(connection: ServerConnection, request: Request) -> Response | None:
        if request.path != "/talks":
            return strange.healthy(connection, request)
        response = connection.respond(status, body)
        response.headers["Location"] = "/talks"
        return response

    with serve(strange.closes_at_once, "127.0.0.1", 0, process_request=http) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, "", "HTTP 500"),
        (200, "<html>Sign in</html>", "the answer is HTML, not JSON"),
        (302, "", "HTTP 302, a redirect, and none is followed"),
        (200, '{"ident": 7}', "the answer has no 'id' to keep as {talk}"),
    ],
    ids=["500", "HTML", "a redirect to itself", "a capture that never matches"],
)
def test_a_call_before_connecting_that_fails_is_the_reason(
    suite: Suite, status: int, body: str, words: str
) -> None:
    suite.write("ours.toml", OWN + FIRST)
    with talks(status, body) as url:
        env = {**strange.MINT, **QUICK, "GREENLIGHT_CHAT_URL": url}
        ran = suite.run("-D", "dialect=ours.toml", env=env)
    undecided(ran, decision="REJECTED")
    assert f"GET /talks, which comes before connecting, failed: {words}" in ran.output


def test_a_system_that_never_becomes_ready_is_the_reason(suite: Suite) -> None:
    first = '\n[[hello]]\nsend = { type = "hello" }\nwait = "type==\'welcome\'"\n'
    suite.write("ours.toml", OWN.replace('says = "ready"\n', 'says = "ignored"\n', 1) + first)
    text = (suite.folder / "ours.toml").read_text("utf-8")
    start = text.index("get.user_id")
    text = text[:start] + 'get.type = "type"\n' + text[text.index("[[read]]", start) :]
    suite.write("ours.toml", text)
    with strange.chat(strange.speaks("{}")) as url:
        env = {**strange.MINT, **QUICK, "GREENLIGHT_CHAT_URL": url}
        ran = suite.run("-D", "dialect=ours.toml", "-D", "patience.connect_s=0.5", env=env)
    undecided(ran, decision="REJECTED")
    assert "never greeted" in ran.output
