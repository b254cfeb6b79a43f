"""What people ask, by the names that features use."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from operator import attrgetter

from support.client import group, limits
from support.client.run import Run
from support.client.user import User
from support.config import Environment, LeftOut, NotOffered

NEED_BYTES = 500  # of a message, for all but the filler


@dataclass(frozen=True)
class Question:
    """`count` questions of `kinds` (names of the dialect's prompts), each kind in turn.

    `filler` makes a long one longer. `off_limit` is its size in bytes against the announced limit
    of a message; None: as long as it is. Of a series, at most `in_flight` wait for an answer.
    A `repeated` one is sent a second time without waiting for an answer.
    `total` is what all users ask together, instead of `count` for each.
    """

    kinds: tuple[str, ...] = ("plain",)
    count: int = 1
    filler: str = ""
    off_limit: int | None = None
    letter: str = "x"
    fragments: int = 1
    in_flight: int = 0
    repeated: bool = False
    total: int | None = None

    def each(self, users: int) -> int:
        """How often one of so many users asks each kind."""
        return self.count if self.total is None else ceil(self.total / users)

    def amount(self, users: int) -> int:
        """How many questions one of so many users asks."""
        return self.each(users) * len(self.kinds)

    @property
    def turns(self) -> int:
        """How many answers must be waited for one after another before the last is sent."""
        return self.count // self.in_flight if self.in_flight else 1


#: Of these a feature can ask for several: "3 slow questions".
_COUNTED = {
    "question": Question(),
    "brief question": Question(("brief",)),
    "slow question": Question(("slow",)),
    "very slow question": Question(("slower",)),
    "extremely slow question": Question(("slowest",)),
    "impossible question": Question(("failing",)),
    "question that needs a tool": Question(("tool",)),
    "question that needs several tools": Question(("tools",)),
    "question that recalls a note": Question(("recall",)),
    "question of many steps": Question(("steps",)),
}
_PAGE = "lorem ipsum dolor sit amet, " * 100
_SINGLE = {
    "a slow and a very slow question": Question(("slow", "slower")),
    "a slow question, sent twice at once": Question(("slow",), repeated=True),
    "a question of one page": Question(("page",), filler=_PAGE),
    "a question of four pages": Question(("page",), filler=_PAGE * 4),
    "a question just below the size limit": Question(off_limit=-1),
    "a question of exactly the size limit": Question(off_limit=0),
    "a question just above the size limit": Question(off_limit=1),
    "a question in emoji just above the size limit, sent in fragments": Question(
        off_limit=1, letter="🙂", fragments=7
    ),
    "a question in emoji, sent in fragments": Question(off_limit=-1, letter="🙂", fragments=7),
}
#: How many, by a setting of the environment.
_BY_SETTING = {
    "many questions": ("sizes.load_runs", Question()),
    "a long series of questions": ("sizes.messages", Question(in_flight=10)),
    "each of several questions": ("chaos.questions", Question(("tools",))),
}
_TOTAL = "a total of "

_NOUNS = "|".join(
    sorted((n.replace("question", "questions?", 1) for n in _COUNTED), key=len, reverse=True)
)
PATTERN = "|".join(
    (
        *map(re.escape, (*_SINGLE, *_BY_SETTING)),
        rf"{_TOTAL}\d+ questions",
        rf"(?:an?|\d+) (?:{_NOUNS})",
    )
)


def question_named(text: str, environment: Environment) -> Question:
    """The question that features call `text`. Raises `KeyError` for one that `PATTERN` rejects."""
    if text in _SINGLE:
        return _SINGLE[text]
    if text in _BY_SETTING:
        setting, question = _BY_SETTING[text]
        return replace(question, count=attrgetter(setting)(environment))
    if text.startswith(_TOTAL):
        return Question(total=int(text.removeprefix(_TOTAL).split()[0]))
    number, noun = text.split(" ", 1)
    question = _COUNTED[noun.replace("questions", "question", 1)]
    return replace(question, count=int(number) if number.isdigit() else 1)


async def ask_one_by_one(
    users: Sequence[User], question: Question, environment: Environment
) -> None:
    """Every user asks, each question after the answer to the one before.

    Raises `LeftOut` for a total that the environment does not allow.
    """
    allowed = environment.sizes.total_messages
    if question.total is not None and question.total > allowed:
        wanted = f"{allowed} questions, not {question.total}"
        raise LeftOut(f"this environment allows {wanted} (sizes.total_messages)")
    if question.filler:
        for user in users:
            limits.ensure_allows(user, len(question.filler) + NEED_BYTES)
    await group.ask(users, question.each(len(users)), question.kinds[0], question.filler)


async def ask(users: Sequence[User], question: Question) -> None:
    """Every user asks without waiting for an answer; those who are online until it is accepted.

    All at the same time: nobody waits for what another has asked.
    """
    await asyncio.gather(*(_ask_all(user, question) for user in users))


async def _ask_all(user: User, question: Question) -> None:
    at_once = user.deployment.dialect.data.runs.at_once
    if at_once is not None and question.count * len(question.kinds) > at_once:
        raise NotOffered(f"this kind of backend works on {at_once} question of a user at a time")
    if question.in_flight:
        # A backend that goes by the ids of requests runs each, whatever their words.
        again = (1, question.count - 1) if user.deployment.dialect.data.runs.idempotent else ()
        await user.ask_series(question.count, question.in_flight, same_words=again)
        return
    runs = [await _ask(user, kind, question) for kind in question.kinds * question.count]
    for run in runs:
        if user.online is not None:
            await user.accepted(run)


async def _ask(user: User, kind: str, question: Question) -> Run:
    if question.repeated:
        return await user.ask_twice(kind)
    if question.off_limit is None:
        if question.filler:
            limits.ensure_allows(user, len(question.filler) + NEED_BYTES)
        return await user.ask(kind, filler=question.filler, pieces=question.fragments)
    size = user.message_limit + question.off_limit
    return await user.ask_sized(size, letter=question.letter, pieces=question.fragments)


# --- what a step costs that asks the question in its words: see `support.run.cost`


def amount(environment: Environment, users: int, words: Mapping[str, str]) -> int:
    """How many questions all users ask together."""
    return users * question_named(words["question"], environment).amount(users)


def in_turn(environment: Environment, users: int, words: Mapping[str, str]) -> int:
    """How many answers each waits for, one after another, where nobody asks before an answer."""
    return question_named(words["question"], environment).amount(users)


def turns(environment: Environment, users: int, words: Mapping[str, str]) -> int:
    """How many answers each waits for where nobody waits more than the question demands."""
    return question_named(words["question"], environment).turns
