"""Each kind of action that safe mode leaves out is stopped where it is done, by no tag at all."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from recorded import SECRET, started, stopped
from recorder import Recorder

from support.attacks import authorization, connection_limits, overload, scopes, sign_in
from support.attacks.handshake import connect_with_flawed_token
from support.attacks.protocol_violations import violate_protocol
from support.client import SignIn, User, announce, group
from support.config import Environment, NotSafe
from support.config.environment import Control, Sizes
from support.config.safety import KINDS, MESSAGE_BYTES, MOST, Safety
from support.deployment import Deployment
from support.faults import Proxy
from support.journal import Journal

ROOT = Path(__file__).resolve().parents[2]
PONG = 0xA
HUGE = "lorem ipsum " * (MESSAGE_BYTES // 12 + 1)


class Bench:
    """A service behind recorders, in safe mode, with every means to do harm."""

    def __init__(self, folder: Path) -> None:
        self.service, said = started(folder / "reference")
        self.chat, self.auth = Recorder(said["chat_url"]), Recorder(said["auth_url"])
        self.controlled = folder / "controlled"
        command = f"touch {self.controlled}"
        self.deployment = Deployment(
            Environment(
                safe=True,
                chat_url=self.chat.url,
                auth_url=self.auth.url,
                jwt_secret=SECRET,
                control=Control(stop=command, start=command, kill=command),
            ),
            folder,
        )
        self.journal = Journal(folder / "journal.jsonl")
        self.sign_in = SignIn(self.deployment, self.journal.redactor.add_secret)
        self._numbers = itertools.count(1)

    def person(self) -> User:
        """Somebody new."""
        key = f"s{next(self._numbers):03d}/Alice"
        return User(key, self.deployment, self.journal, self.sign_in)

    def arrived(self) -> tuple[int, int, int]:
        """How much has arrived: requests at both services, and WebSocket frames."""
        chat = self.chat.arrived
        frames = [frame for frame in chat.frames if frame.opcode != PONG]
        return len(chat.requests), len(self.auth.arrived.requests), len(frames)

    def close(self) -> None:
        self.journal.close()
        self.chat.close()
        self.auth.close()
        stopped(self.service)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("guards"))
    yield made
    made.close()


async def _nothing(doing: Awaitable[object]) -> None:
    await doing


async def _announce(bench: Bench, user: User) -> None:
    await asyncio.to_thread(announce, bench.deployment, "Everybody out!")


async def _control(bench: Bench, user: User) -> None:
    controller = bench.deployment.controller
    assert controller is not None
    controller.carry_out("kill", "chat")


async def _guess_an_id(bench: Bench, user: User) -> None:
    run = await user.ask()
    await user.finished(run)
    run.run_id, run.rejected = "r-17", None  # as a backend that counts its runs would call it
    await authorization.cancel_runs_of(user, user)


async def _storm(bench: Bench, user: User) -> None:
    await group.cut_off([user, user], Proxy("127.0.0.1", 9), bench.deployment)


def _with(flaw: str) -> Callable[[Bench, User], Awaitable[object]]:
    return lambda bench, user: connect_with_flawed_token(user, user, flaw)


#: What is tried → the kind of action, how it is done.
ACTIONS: dict[str, tuple[str, Callable[[Bench, User], Awaitable[object]]]] = {
    "an announcement": ("announcements", _announce),
    "an announcement without the right": ("announcements", lambda b, u: scopes.announce(u)),
    "a kill": ("control", _control),
    "a flood": ("flood", lambda b, u: overload.flood(u, partial(asyncio.sleep, 0.1))),
    "long answers": ("unread_answers", lambda b, u: overload.read_long_answers(u, _nothing)),
    "unread answers": ("unread_answers", lambda b, u: overload.read_nothing(u, _nothing)),
    "a bomb": ("compression_bomb", lambda b, u: overload.send_bombs(u, 1)),
    "nesting": (
        "deep_nesting",
        lambda b, u: u.misbehave("a message nested ten thousand levels deep"),
    ),
    "a huge message": ("large_messages", lambda b, u: u.ask("long", filler=HUGE)),
    "a breach": (
        "protocol_violations",
        lambda b, u: violate_protocol(u, "an oversized ping"),
    ),
    "control characters": ("header_injection", _with("a token with control characters")),
    "a path": ("token_injection", _with("a token whose key ID is the path of an empty file")),
    "a query": ("token_injection", _with("a token whose key ID is an SQL injection")),
    "a key's address": ("key_fetching", _with("a token with a link to its key")),
    "a certificate's": ("key_fetching", _with("a token with a link to its certificate")),
    "a wrong password": (
        "password_guessing",
        lambda b, u: sign_in.pretend(u, u, "a wrong password"),
    ),
    "a second sign-up": (
        "password_guessing",
        lambda b, u: sign_in.pretend(u, u, "a second sign-up"),
    ),
    "neighbours": ("id_enumeration", lambda b, u: authorization.cancel_neighbours(u)),
    "a guess": ("id_enumeration", _guess_an_id),
    "many devices": ("connection_cap", lambda b, u: connection_limits.open_all(u)),
    "slow handshakes": ("slow_handshakes", lambda b, u: connection_limits.begin_handshakes(u, 2)),
    "a storm": ("reconnect_storm", _storm),
}


def test_every_kind_has_an_action_that_is_tried() -> None:
    assert {kind for kind, _ in ACTIONS.values()} == set(KINDS)


@pytest.mark.parametrize("name", ACTIONS)
def test_what_safe_mode_leaves_out_is_stopped_where_it_is_done(bench: Bench, name: str) -> None:
    kind, act = ACTIONS[name]

    async def scene() -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        user = bench.person()
        await user.connect(compress=name == "a bomb")
        await user.liveness.fence()
        before = bench.arrived()
        with pytest.raises(NotSafe) as raised:
            await act(bench, user)
        assert raised.value.kind == kind
        await user.liveness.fence()  # whatever had been sent before has arrived now
        after = bench.arrived()
        await user.leave()
        return before, after

    async def within_time() -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        async with asyncio.timeout(30):
            return await scene()

    before, after = asyncio.run(within_time())
    assert after[:2] == before[:2]
    # The fence itself, and the question about which somebody guesses.
    assert after[2] - before[2] == (2 if name == "a guess" else 1)
    assert not bench.controlled.exists()


def test_nothing_is_left_out_elsewhere() -> None:
    for kind in KINDS:
        Safety(on=False).guard(kind)


def test_no_size_is_larger_than_safe_mode_allows_however_it_was_given() -> None:
    environment = Environment(safe=True, chat_url="http://h", sizes=Sizes(messages=900, pings=3))
    assert environment.sizes.messages == MOST["sizes.messages"]
    assert environment.sizes.pings == 3
    assert environment.sizes.load_runs == MOST["sizes.load_runs"]  # a default is capped, too
    assert environment.reduced == {"sizes.messages": (900, MOST["sizes.messages"])}
    assert Environment(sizes=Sizes(messages=900)).sizes.messages == 900


def test_production_is_safe_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from support.config import load_environment

    for name in [n for n in os.environ if n.startswith("GREENLIGHT_")]:
        monkeypatch.delenv(name)
    where = {"chat_url": "https://chat.example.test", "auth_url": "https://a.example.test"}
    assert load_environment({"environment": "production", **where}).safe


def test_the_guide_lists_what_is_left_out() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (.+) \|$", (ROOT / "docs/your-deployment.md").read_text(), re.M)
    )
    assert rows == KINDS


def test_scenarios_ask_for_kinds_by_their_names() -> None:
    found = subprocess.run(
        ["grep", "-rhoE", r"@needs\.\w+", "features"], cwd=ROOT, capture_output=True, text=True
    )
    asked = {tag.removeprefix("@needs.") for tag in found.stdout.split()}
    # A message is known to be large only when it is made.
    assert set(KINDS) - asked <= {"announcements", "control", "large_messages"}
