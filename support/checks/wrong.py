"""What is wrong, in a sentence that carries the same as values: no rule ever reads the sentence."""

from __future__ import annotations

from typing import Self


class Wrong(str):
    """A sentence for people. `code` says what kind of thing is wrong, `subject` with what.

    `subject` is an event type or the like, and may be empty.
    """

    __slots__ = ("code", "subject")
    code: str
    subject: str

    def __new__(cls, code: str, subject: str, text: str) -> Self:
        """The sentence `text`, with its values."""
        made = super().__new__(cls, text)
        made.code, made.subject = code, subject
        return made
