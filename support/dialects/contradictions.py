"""What says one thing in one place of a dialect file, and another elsewhere. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from support.dialects.canonical import is_event
from support.dialects.expressions import ExpressionError, parsed, paths
from support.dialects.framings import BUILT_IN, BuiltInFraming
from support.dialects.schema import DialectData, Field
from support.dialects.templates import placeholders

#: The keys that lead to a value of the file.
Where = tuple[str | int, ...]

#: What each prompt holds, and what could not be seen without it.
_IN_PROMPTS = {
    "canary": "nobody could see who else receives it",
    "tag": "answers could not be told apart",
}
#: Prompts that need not tell the secret: a note is recalled, nothing is answered.
_UNTOLD = ("recall", "failing")
#: What others are compared with: it has to come from the backend, never from the file.
_EVIDENCE = (
    *("response", "result", "position", "timestamp", "nonce", "server_time"),
    *("time_left_s", "cursor", "valid"),
)
#: Claims that are set by something else, and what that is. `email`, which every token gets, is not
#: among them: another may be given.
_OWN_CLAIMS = {
    "sub": "the id of the user",
    "iss": "write issuer in [tokens]",
    "aud": "write audience in [tokens]",
    "scope": "write scope in [tokens]",
    **dict.fromkeys(("iat", "exp"), "the times for which a token is valid"),
    "jti": "a new one for each token",
}
_SENT_AGAIN = {"recovered", "first", "last", "count"}


def contradictions(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Every key that cannot be meant as it stands, and why."""
    if data.resume.mode in ("none", "live"):
        yield from _resumes(data)
    for number, rule in enumerate(data.read):
        if rule.says == "handle" and data.resume.mode != "cursor":
            yield ("read", number), "a handle would never be used without [resume] mode = 'cursor'"
    for kind, prompt in data.prompts.items():
        for name, lost in _IN_PROMPTS.items():
            untold = name == "canary" and kind in _UNTOLD
            if f"{{{name}}}" not in prompt and not untold:
                yield ("prompts", kind), f"there is no {{{name}}} in it, so {lost}"
    if "failing" in data.prompts and "failing" not in data.failures:
        told = "nothing says that its run fails: give failing in [failures]"
        yield ("prompts", "failing"), f"{told}, the code of agent_failed or an empty text"
    yield from _always_right(data)
    yield from _never_asked(data)
    yield from _invented(data)
    for why, refusals in data.handshake.refusals.items():
        for number, one in enumerate(refusals):
            if one.error is not None and _is_constant(one.error):
                where = ("handshake", "refusals", why, number, "error")
                yield where, "it looks at no message, so everything would be a refusal"
    yield from _hidden_runs(data)
    yield from _ages(data)
    yield from _claims(data)
    framing = BUILT_IN.get(data.frames.framing or "")
    if framing is not None:
        yield from _unsendable(data, framing)
    if data.resume.again and "subscribe" not in data.send:
        yield ("resume", "again"), "it would mean nothing: there is no [send.subscribe]"
    if data.runs.deltas_per_s is not None and all(rule.says != "delta" for rule in data.read):
        yield ("runs", "deltas_per_s"), "it would never be used: no rule says delta"


def _resumes(data: DialectData) -> Iterator[tuple[Where, str]]:
    """What a backend has that can resume, where the file says that it cannot."""
    says = f"[resume] says that what was missed is gone (mode = {data.resume.mode!r})"
    if "resume" in data.send:
        yield ("send", "resume"), f"there is a way to resume, but {says}"
    for key in ("query", "cursor", "start"):
        if getattr(data.resume, key) not in (None, {}):
            yield ("resume", key), f"it would never be used: {says}"
    for number, rule in enumerate(data.read):
        if rule.says == "subscribed" and _SENT_AGAIN & set(rule.get):
            yield ("read", number), f"it tells what is sent again, but {says}"


def _always_right(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Words that every answer, or every result of a tool, contains."""
    for kind, words in data.answers.items():
        if not words or not all(map(str.strip, words)):
            told = "leave the key out where no word is known" if not words else "name a word"
            yield ("answers", kind), f"every answer would be right: {told}"
    for kind, results in data.results.items():
        if not results:
            yield ("results", kind), "it names no tool: leave the key out"
        for tool, word in results.items():
            if not word.strip():
                yield ("results", kind, tool), "every result would be right: name a word"


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


def _invented(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Evidence that the file itself gives."""
    given: list[tuple[Where, bool]] = [
        (("event", "get", name), _is_constant(at)) for name, at in data.event.get.items()
    ]
    replies = any(rule.reply is not None for rule in data.read)
    own = {"data.result"} if replies else set()  # of tools that the client itself performs
    for number, rule in enumerate(data.read):
        for table, named in (("get", rule.get), ("data", rule.data)):
            given += [(("read", number, table, n), _is_constant(at)) for n, at in named.items()]
        for name, value in rule.set.items():
            constant = value != "" and name not in own and not placeholders(value)
            given.append((("read", number, "set", name), constant))
    for where, constant in given:
        name = str(where[-1]).removeprefix("data.")
        if constant and name in _EVIDENCE:
            yield where, f"a {name} has to come from the message: a constant would prove nothing"


def _unsendable(data: DialectData, framing: type[BuiltInFraming]) -> Iterator[tuple[Where, str]]:
    """Messages that the framing cannot send."""
    given: list[tuple[Where, Any]] = []
    for name, send in data.send.items():
        given += [(("send", name, "message"), send.message)]
        given += [(("send", name, "then", n), more) for n, more in enumerate(send.then)]
    given += [(("hello", n, "send"), step.send) for n, step in enumerate(data.hello)]
    given += [(("after", n, "message"), last.message) for n, last in enumerate(data.after)]
    for number, rule in enumerate(data.read):
        replies = rule.reply if isinstance(rule.reply, list) else [rule.reply]
        given += [(("read", number, "reply"), reply) for reply in replies]
    for where, template in given:
        wrong = framing.wrong(template) if template is not None else ""
        if wrong:
            yield where, wrong


def _ages(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Closes for the age of a connection that could be for anything else, or for nothing."""
    closing = data.closing
    if closing.aged and closing.max_age_s is None:
        yield ("closing", "aged"), "there is no max_age_s, so every close could be one for age"
    if closing.max_age_s is not None and not closing.aged:
        yield ("closing", "max_age_s"), "it would never be used: there is no code in closing.aged"
    both = sorted(set(closing.aged) & set(closing.final))
    if both:
        yield ("closing", "aged"), f"{both[0]} is in closing.final, too: nobody would come back"


def _claims(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Claims of a token that say nothing, that are ours to set, or that no token can hold."""
    shape = data.tokens
    if shape is None:
        return
    for key in ("audience", "scope", "operator_scope", "reader_scope"):
        if getattr(shape, key) == []:
            yield ("tokens", key), "an empty list names nothing: leave the key out"
    for name, value in shape.claims.items():
        where = ("tokens", "claims", name)
        own = "type_claim" if name == shape.type_claim else _OWN_CLAIMS.get(name)
        if own is not None:
            yield where, f"it is set already: {own}"
        for unknown in sorted(placeholders(value) - {"user_id"}):
            yield where, f"{{{unknown}}} is not known when a token is signed; {{user_id}} is"
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            told = "a time is a number of Unix seconds, other dates are texts"
            yield where, f"a claim is JSON, which has no date, inf or nan: {told}"


def _hidden_runs(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Rules that mean by `run` what was kept of the run, and what the message has, at once."""
    kept = {name for rule in data.read for name in rule.keep}
    for number, rule in enumerate(data.read):
        defaults = data.event.get if is_event(rule.says) else {}
        given = {**{k: v for k, v in defaults.items() if k not in rule.set}, **rule.get}
        texts = [rule.when, rule.if_ or "", *rule.keep.values()]
        texts += [_text(at) for at in (*given.values(), *rule.data.values())]
        named = {path for text in texts if text for path in _paths(text)}
        ours = sorted(p[1] for p in named if p[0] == "run" and len(p) > 1 and p[1] in kept)
        if ours and any(p[0] == "run" and (len(p) == 1 or p[1] not in kept) for p in named):
            yield (
                ("read", number),
                f"`run` is a value of the message here, and run.{ours[0]} is kept: write"
                f" kept.{ours[0]} for what was kept of the run",
            )


def _text(at: str | Field) -> str:
    return at.at if isinstance(at, Field) else at


def _paths(text: str) -> Iterator[tuple[str, ...]]:
    try:
        yield from paths(parsed(text))
    except ExpressionError:  # told elsewhere
        return


def _is_constant(at: str | Field) -> bool:
    """True for an expression that looks at no message."""
    try:
        return not _looks(parsed(_text(at)))
    except ExpressionError:  # told elsewhere
        return False


def _looks(tree: Mapping[str, Any]) -> bool:
    inner = (child for child in tree["children"] if isinstance(child, Mapping))
    return tree["type"] in ("field", "current", "identity") or any(map(_looks, inner))
