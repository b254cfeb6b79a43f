"""Who is meant by a group in a feature."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import attrgetter

from support.config import Environment

EVERYONE = "everyone"
#: Groups as large as a setting of the environment says.
_BY_SETTING = {
    "a small group of users": "sizes.group",
    "a group of users": "sizes.load_users",
    "a crowd of users": "sizes.storm",
    "a large crowd of users": "sizes.large_crowd",
    "a few users": "chaos.users",
}
#: The first of a group, and those who come after them.
_HALVES = {"half of a crowd of users": 0, "the other half of the crowd": 1}
_WHOLE = "a crowd of users"
_NAME = r"[A-Z][a-z]+[0-9]*"
_NAMED = (r"\d[\d,]* users", rf"{_NAME} and {_NAME}", _NAME)
PATTERN = "|".join((EVERYONE, *_HALVES, *_BY_SETTING, *_NAMED))


def members(text: str, environment: Environment, met: Iterable[str]) -> list[str]:
    """The names of those whom a feature calls `text`; `met` are the users named before."""
    if text == EVERYONE:
        return list(met)
    if text in _HALVES:
        whole = members(_WHOLE, environment, ())
        middle = (len(whole) + 1) // 2
        return whole[middle:] if _HALVES[text] else whole[:middle]
    number = re.match(r"\d[\d,]*", text)
    if number is None and text not in _BY_SETTING:
        return text.split(" and ")
    told = number[0].replace(",", "") if number else attrgetter(_BY_SETTING[text])(environment)
    return [f"Person{i}" for i in range(1, int(told) + 1)]
