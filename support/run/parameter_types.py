"""The words of the features: people, events and times as typed parameters of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import parse
from behave import register_type

from support.attacks.belongings import BELONGINGS
from support.attacks.loads import LOADS
from support.attacks.means import MEANS
from support.attacks.messages import MESSAGES
from support.attacks.origin import FOREIGN_SITES
from support.attacks.sign_in import ATTEMPTS
from support.client import RESUME_POSITIONS, User, members, questions
from support.client.access import ACCESS
from support.client.questions import Question
from support.client.visits import VISITS
from support.deployment.control import Part
from support.faults import NETWORK_PATTERN, NetworkProfile, network_profile
from support.journal.facts import FAILED, REQUIRED_EVENTS
from support.run.figures import FIGURES, OPERATIONS
from support.run.groups import Group
from support.run.health_reports import HEALTH_REPORTS
from support.run.session import Session
from support.run.stretches import STRETCHES
from support.run.tls_weaknesses import TLS_WEAKNESSES

_EVENTS = "|".join(f'"{event}"' for event in (*REQUIRED_EVENTS, FAILED))


class WholeRun(NamedTuple):
    """All events of a run, from its start to its end; calls of tools as well, if it `uses_tool`."""

    uses_tool: bool


class Repetition(NamedTuple):
    """The same request once more: the latest or the `first`, the same text or `reworded`."""

    reworded: bool = False
    first: bool = False


class Moment(NamedTuple):
    """Where in the stream of events a connection is lost: `right after`, or in the middle of."""

    where: str
    event: str


#: Types whose values are words that something else knows the meaning of.
NAMED: dict[str, Iterable[str]] = {
    "SignInAttempt": ATTEMPTS,
    "Resource": ("run", "conversation", "stream"),
}


#: Parts of the service, by the names that features use.
PARTS: dict[str, Part] = {
    "the chat service": "chat",
    "the store": "store",
    "the sign-in service": "auth",
}
#: Types whose values are things that have a name.
THINGS: dict[str, Mapping[str, object]] = {
    "Access": ACCESS,
    "Belonging": BELONGINGS,
    "Figure": FIGURES,
    "HealthReport": HEALTH_REPORTS,
    "Load": LOADS,
    "Means": MEANS,
    "Message": MESSAGES,
    "Operation": OPERATIONS,
    "Place": {**ACCESS, **FOREIGN_SITES},
    "Position": RESUME_POSITIONS,
    "Repetition": {
        "request": Repetition(),
        "request with another text": Repetition(reworded=True),
        "first request": Repetition(first=True),
    },
    "ServicePart": PARTS,
    "Stretch": STRETCHES,
    "TlsWeakness": TLS_WEAKNESSES,
    "Visits": VISITS,
    "WholeRun": {
        "the complete run": WholeRun(uses_tool=False),
        "the complete run with its tool calls": WholeRun(uses_tool=True),
    },
}


def register_types(session: Callable[[], Session]) -> None:
    """Register the types; users are looked up in the current session."""

    @parse.with_pattern(r"[A-Z][a-z]+[0-9]*")
    def user(text: str) -> User:
        return session().person(text)

    @parse.with_pattern(members.PATTERN)
    def group(text: str) -> Group:
        return session().members(text)

    @parse.with_pattern(questions.PATTERN)
    def question(text: str) -> Question:
        return questions.question_named(text, session().environment)

    @parse.with_pattern(NETWORK_PATTERN)
    def network(text: str) -> NetworkProfile:
        return network_profile(text)

    @parse.with_pattern(_EVENTS)
    def event(text: str) -> str:
        return text.strip('"')

    @parse.with_pattern(f"(?:right after|in the middle of) (?:{_EVENTS})")
    def moment(text: str) -> Moment:
        where, event, _ = text.split('"')
        return Moment(where.strip(), event)

    @parse.with_pattern(r"\d+(?:\.\d+)? (?:seconds?|ms)")
    def duration(text: str) -> float:
        number, unit = text.split()
        return float(number) / 1000 if unit == "ms" else float(number)

    register_type(User=user, Group=group, Question=question, Network=network)
    register_type(AgentEvent=event, Moment=moment, Duration=duration)
    for name, words in NAMED.items():
        register_type(**{name: _one_of(words, dict(zip(words, words, strict=True)))})
    for name, things in THINGS.items():
        register_type(**{name: _one_of(things, things)})


def _one_of(words: Iterable[str], things: Mapping[str, object]) -> Callable[[str], object]:
    def named(text: str) -> object:
        return things[text]

    pattern = "|".join(sorted(words, key=len, reverse=True))
    typed: Callable[[str], object] = parse.with_pattern(pattern)(named)
    return typed
