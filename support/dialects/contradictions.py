"""What says one thing in one place of a dialect file, and another elsewhere. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator

from support.dialects.schema import DialectData

#: The keys that lead to a value of the file.
Where = tuple[str | int, ...]

#: What each prompt holds, and what could not be seen without it.
_IN_PROMPTS = {
    "canary": "nobody could see who else receives it",
    "tag": "answers could not be told apart",
}
#: Prompts that need not tell the secret: a note is recalled, nothing is answered.
_UNTOLD = ("recall", "failing")
_SENT_AGAIN = {"recovered", "first", "last", "count"}


def contradictions(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Every key that cannot be meant as it stands, and why."""
    if data.resume.mode in ("none", "live"):
        yield from _resumes(data)
    for kind, prompt in data.prompts.items():
        for name, lost in _IN_PROMPTS.items():
            untold = name == "canary" and kind in _UNTOLD
            if f"{{{name}}}" not in prompt and not untold:
                yield ("prompts", kind), f"there is no {{{name}}} in it, so {lost}"
    yield from _never_asked(data)


def _resumes(data: DialectData) -> Iterator[tuple[Where, str]]:
    """What a backend has that can resume, where the file says that it cannot."""
    says = f"[resume] says that what was missed is gone (mode = {data.resume.mode!r})"
    if "resume" in data.send:
        yield ("send", "resume"), f"there is a way to resume, but {says}"
    for key in ("query", "cursor"):
        if getattr(data.resume, key):
            yield ("resume", key), f"it would never be used: {says}"
    for number, rule in enumerate(data.read):
        if rule.says == "subscribed" and _SENT_AGAIN & set(rule.get):
            yield ("read", number), f"it tells what is sent again, but {says}"


def _never_asked(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Rules behind one that takes all their messages."""
    final: dict[str, int] = {}
    for number, rule in enumerate(data.read):
        earlier = final.get(rule.when, final.get("@"))
        if earlier is not None:
            told = f"rule {earlier + 1}, which takes the same messages, has no more = true"
            yield ("read", number, "when"), f"this rule is never asked: {told}"
        elif not rule.more and not rule.once:
            final[rule.when] = number
