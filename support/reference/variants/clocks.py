"""A machine whose whole clock is off: both services agree with each other, and not with ours."""

from __future__ import annotations

import datetime
import time
from typing import Any

import jwt.api_jwt

from support.reference.auth import Auth
from support.reference.chat import Chat
from support.reference.variants.catalogue import lawful

OFF_S = 300.0


def set_clock(off_s: float) -> None:
    """Have this process believe that it is ``off_s`` seconds later (once; it stays so)."""
    right, difference = time.time, datetime.timedelta(seconds=off_s)

    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return datetime.datetime.now(tz) + difference

    time.time = lambda: right() + off_s
    jwt.api_jwt.datetime = Shifted  # type: ignore[attr-defined]


@lawful("clock-ahead")
class ChatAhead(Chat):
    """The backend's clock is five minutes ahead"""

    def __init__(self, *parts: Any) -> None:
        set_clock(OFF_S)
        super().__init__(*parts)


@lawful("clock-ahead")
class AuthAhead(Auth):
    """That of the auth service, too"""

    def __init__(self, *parts: Any) -> None:
        set_clock(OFF_S)
        super().__init__(*parts)


@lawful("clock-behind")
class ChatBehind(Chat):
    """The backend's clock is five minutes behind"""

    def __init__(self, *parts: Any) -> None:
        set_clock(-OFF_S)
        super().__init__(*parts)


@lawful("clock-behind")
class AuthBehind(Auth):
    """That of the auth service, too"""

    def __init__(self, *parts: Any) -> None:
        set_clock(-OFF_S)
        super().__init__(*parts)
