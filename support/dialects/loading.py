"""Dialect files: found, checked as a whole, and refused with file, line, key and what to do."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from support.config.errors import DeploymentError
from support.dialects.canonical import EVENT_DATA, FIELDS
from support.dialects.contradictions import Where, contradictions
from support.dialects.dialect import Dialect
from support.dialects.expressions import ExpressionError, parsed, wrong_patterns
from support.dialects.framings import framing_class
from support.dialects.schema import Call, DialectData, Field, Rule
from support.dialects.signing import signature_class
from support.dialects.speaker import LACKABLE
from support.dialects.templates import PLACEHOLDER, placeholders
from support.dialects.values import CAPABILITIES, QUESTION_KINDS

DIALECTS = Path(__file__).parent
#: What can be named in templates everywhere.
_ALWAYS = {"token", "user_id", "session", "connection", "uuid", "now", "number"}
#: What an intention brings along.
_SENT = {
    "request_id",
    "text",
    "thread",
    "run_id",
    "nonce",
    "epoch",
    "after",
    "position",
    "cursor",
}
#: What is known of how far a user has read.
_WHERE = {"position", "cursor", "run", "asked"}
#: What a question is made of.
_ASKED = {"canary", "tag", "filler"}
_SIGN_IN = {"email", "password", "refresh", "message"}


def load_dialect(name: str) -> Dialect:
    """The dialect called `name`, or in the file of that path.

    Raises `DeploymentError` naming the file, the line, the key and what is wrong there.
    """
    path = dialect_path(name)
    return _loaded(path, path.stat().st_mtime_ns)


def dialect_path(name: str) -> Path:
    """The file of a dialect, by path or by name. Raises `DeploymentError` where there is none."""
    path = Path(name) if name.endswith(".toml") else DIALECTS / f"{name}.toml"
    if path.is_file():
        return path
    if name.endswith(".toml"):
        raise DeploymentError(
            f"there is no dialect file {name}: a path is one from the current folder or, in an"
            " environment file, from that file's folder"
        )
    known = sorted(p.stem for p in DIALECTS.glob("*.toml"))
    raise DeploymentError(
        f"there is no dialect {name!r}{_nearest(name, known)}; there are: {', '.join(known)}."
        " A file of your own is named by its path, with .toml at its end"
    )


def broken_inputs() -> set[str]:
    """The names, in words for people, of broken input in any dialect: features may use them."""
    found = (tomllib.loads(p.read_text("utf-8")) for p in DIALECTS.glob("*.toml"))
    return {name for dialect in found for name in dialect.get("broken", {})}


def problems_of(text: str) -> list[str]:
    """What is wrong with the text of a dialect file: `line 12, read[3].when: …`; empty: nothing."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [f"this is no TOML: {error}"]
    if raw.get("format") != 2:
        old = "receive" in raw or "capabilities" in raw or raw.get("format") == 1
        told = "is written in format 1" if old else "does not say format = 2"
        return [
            f"line {_line(text, ('format',))}: the file {told}; docs/dialects.md shows format 2"
        ]
    try:
        data = msgspec.convert(raw, DialectData)
    except msgspec.ValidationError as error:
        return [_explained(text, str(error))]
    return [f"line {_line(text, where)}, {_key(where)}: {what}" for where, what in _wrong(data)]


@lru_cache(maxsize=32)
def _loaded(path: Path, changed: int) -> Dialect:
    """The dialect in the file; read anew once that has `changed` (nanoseconds)."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DeploymentError(f"the dialect {path.name} cannot be read: {error}") from error
    problems = problems_of(text)
    if problems:
        raise DeploymentError(f"the dialect {path.name} is broken: {'; '.join(problems[:5])}")
    data = msgspec.convert(tomllib.loads(text), DialectData)
    framing, signature = data.frames.framing, data.signature
    return Dialect(
        data,
        framing_class(framing, path.parent) if framing else None,
        signature_class(signature, path.parent) if signature else None,
    )


# --- what a schema cannot say


def _wrong(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Every key with something wrong in it, and what."""
    if "ask" not in data.send:
        yield ("send",), "there is no [send.ask]: how does a user ask a question?"
    for where, text in _expressions(data):
        try:
            tree = parsed(re.sub(PLACEHOLDER, "x", text) if where[-1] == "wait" else text)
        except ExpressionError as error:
            yield where, f"the expression {text!r} does not compile: {error}"
        else:
            yield from ((where, wrong) for wrong in wrong_patterns(tree))
    for number, rule in enumerate(data.read):
        yield from _wrong_names(number, rule)
    if not any(rule.says == "agent_completed" or rule.says == "event" for rule in data.read):
        yield ("read",), "no rule says agent_completed: how does a run end?"
    for where, name in _kept(data):
        if name in _ALWAYS | _SENT | _WHERE and where[0] != "send":
            yield where, f"{{{name}}} has a meaning of its own already; keep it under another name"
    yield from _wrong_kinds(data)
    yield from _wrong_placeholders(data)
    for where, path in _paths(data):
        if not path.startswith(("/", "{")):
            yield where, f"the path {path!r} does not begin with a slash"
    for name, entry in data.broken.items():
        try:
            bytes.fromhex(entry.binary or "")
        except ValueError as error:
            yield ("broken", name, "binary"), f"{entry.binary!r} is no hex: {error}"
    for where, call in _calls(data):
        if call.cookies and where[0] != "before":
            yield (*where, "cookies"), "cookies are kept of calls in [[before]] only"
    yield from contradictions(data)


def _wrong_names(number: int, rule: Rule) -> Iterator[tuple[Where, str]]:
    fields, data = FIELDS[rule.says], EVENT_DATA.get(rule.says, {})
    given: list[tuple[str, str, Iterable[str]]] = [("get", name, fields) for name in rule.get]
    given += [("data", name, data) for name in rule.data]
    for name in rule.set:
        under_data = name.startswith("data.")
        given.append(("set", name[5:] if under_data else name, data if under_data else fields))
    for table, name, known in given:
        if name not in known:
            says = f"{rule.says} has no {name!r}{_nearest(name, known)}"
            yield ("read", number, table, name), f"{says}; it has: {', '.join(known) or 'nothing'}"


def _expressions(data: DialectData) -> Iterator[tuple[Where, str]]:
    for number, rule in enumerate(data.read):
        here = ("read", number)
        yield (*here, "when"), rule.when
        steps = [rule.each] if isinstance(rule.each, str) else rule.each or []
        yield from (((*here, "each"), step) for step in steps)
        if rule.if_ is not None:
            yield (*here, "if"), rule.if_
        for table, named in (("get", rule.get), ("data", rule.data), ("keep", rule.keep)):
            for name, at in named.items():
                yield (*here, table, name), at.at if isinstance(at, Field) else str(at)
    for name, at in data.event.get.items():
        yield ("event", "get", name), at.at if isinstance(at, Field) else at
    for why, refusals in data.handshake.refusals.items():
        for number, refusal in enumerate(refusals):
            if refusal.error is not None:
                yield ("handshake", "refusals", why, number, "error"), refusal.error
    for number, step in enumerate(data.hello):
        if step.wait is not None:
            yield ("hello", number, "wait"), step.wait
        for name, text in step.keep.items():
            yield ("hello", number, "keep", name), text
    for number, last in enumerate(data.after):
        if last.wait is not None:
            yield ("after", number, "wait"), last.wait
    for where, call in _calls(data):
        for name, text in call.capture.items():
            yield (*where, "capture", name), text
    for table, key, given in (
        ("runs", "id", data.runs.id),
        ("resume", "cursor", data.resume.cursor),
        ("http", "healthy", data.http.healthy),
        ("http", "status", data.http.status),
        ("http", "build", data.http.build),
    ):
        if given is not None:
            yield (table, key), given


def _kept(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Every name under which a value is kept for a user, and where."""
    for where, call in _calls(data):
        if where[0] != "http":
            yield from (((*where, "capture", name), name) for name in call.capture)
            yield from (((*where, "cookies", name), name) for name in call.cookies)
    for number, step in enumerate(data.hello):
        yield from ((("hello", number, "keep", name), name) for name in step.keep)


def _calls(data: DialectData) -> Iterator[tuple[Where, Call]]:
    for number, call in enumerate(data.before):
        yield ("before", number), call
    for number, last in enumerate(data.after):
        if last.message is None:
            yield ("after", number), last
    for name in ("announce", "sign_up", "sign_in", "refresh"):
        one = getattr(data.http, name)
        if one is not None:
            yield ("http", name), one
    for name, send in data.send.items():
        if send.message is None:
            yield ("send", name), send


def _paths(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Every path, which stands behind the address of the deployment."""
    yield ("handshake", "path"), data.handshake.path
    for where, call in _calls(data):
        yield (*where, call.method.lower()), call.path
    for name in ("health", "metrics", "keys"):
        path = getattr(data.http, name)
        if path is not None:
            yield ("http", name), path


def _wrong_kinds(data: DialectData) -> Iterator[tuple[Where, str]]:
    """Kinds of question that nobody asks, and reasons for what nothing is called."""
    for table in ("prompts", "answers", "failures", "results"):
        for kind in getattr(data, table):
            if kind not in QUESTION_KINDS:
                told = f"there is no such kind of question{_nearest(kind, QUESTION_KINDS)}"
                yield (table, kind), f"{told}; there are: {', '.join(QUESTION_KINDS)}"
    known = dict.fromkeys((*CAPABILITIES, *LACKABLE, *QUESTION_KINDS))
    for name in data.cannot:
        if name not in known:
            told = f"no report would give this reason: nothing is called {name!r}"
            yield ("cannot", name), f"{told}{_nearest(name, known)}; there are: {', '.join(known)}"


def _wrong_placeholders(data: DialectData) -> Iterator[tuple[Where, str]]:
    kept = {name for _, name in _kept(data)}
    known = _ALWAYS | kept | set(data.variables) | set(data.required)
    used: list[tuple[Where, Any, set[str]]] = [
        (("handshake", "path"), data.handshake.path, known),
        (("resume", "query"), data.resume.query, known | _WHERE),
    ]
    used += [(("prompts", kind), prompt, _ASKED) for kind, prompt in data.prompts.items()]
    for name, way in data.handshake.ways.items():
        given = [way.headers, way.subprotocols, way.query]
        used.append((("handshake", "ways", name), given, known))
    for where, call in _calls(data):
        more = _SENT if where[0] == "send" else _SIGN_IN if where[0] == "http" else set()
        used.append((where, [call.path, call.headers, call.body], known | more))
    for name, send in data.send.items():
        used.append((("send", name), [send.message, send.then], known | _SENT | _WHERE))
    for number, last in enumerate(data.after):
        used.append((("after", number), [last.message, last.wait], known | _WHERE))
    of_runs = {name for rule in data.read for name in rule.keep}
    for number, step in enumerate(data.hello):
        used.append((("hello", number), step.send, known | _WHERE | of_runs))
        used.append((("hello", number), step.wait, known | _WHERE))
    for where, template, allowed in used:
        for name in sorted(placeholders(template) - allowed):
            yield where, f"nothing is kept as {{{name}}}{_nearest(name, allowed)}"


# --- where it stands


def _nearest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _explained(text: str, error: str) -> str:
    """A message of msgspec with the line, the key and the nearest known key."""
    what, _, at = error.partition(" - at `$")
    where = _found(at.rstrip("`"))
    unknown = re.search(r"unknown field `(\w+)`", what)
    if unknown is None:
        return f"line {_line(text, where)}, {_key(where)}: {what[0].lower()}{what[1:]}"
    name = unknown.group(1)
    known = _keys_at(where)
    line, key = _line(text, (*where, name)), _key((*where, name))
    return f"line {line}, {key}: there is no such key{_nearest(name, known)}; there are: " + (
        ", ".join(sorted(known))
    )


def _found(at: str) -> Where:
    """The keys of msgspec's path, up to a `[...]`, which stands for any key of a table."""
    keys: list[str | int] = []
    for part in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", at):
        if part[0]:
            keys.append(part[0])
        elif part[1] != "...":
            keys.append(int(part[1]))
        else:
            return tuple(keys)
    return tuple(keys)


def _keys_at(where: Where) -> list[str]:
    kind: Any = DialectData
    for key in where:
        if isinstance(key, int):
            continue
        fields = {f.encode_name: f.type for f in msgspec.structs.fields(kind)}
        kind = _struct_in(fields.get(key))
        if kind is None:
            return []
    return [f.encode_name for f in msgspec.structs.fields(kind)]


def _struct_in(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    return next((s for part in getattr(kind, "__args__", ()) if (s := _struct_in(part))), None)


def _key(where: Where) -> str:
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text or "the file"


def _line(text: str, where: Where) -> int:
    """The line that says the key `where`, or the nearest above it; 1 for the file itself."""
    here: list[str | int] = []
    seen: dict[str, int] = {}
    best, best_length = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        table = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        key = re.match(r"\s*([\w.\"-]+)\s*=", line)
        if table:
            here = list(_parts(table.group(2)))
            if table.group(1) == "[[":
                seen[table.group(2)] = seen.get(table.group(2), -1) + 1
                here.append(seen[table.group(2)])
            at: list[str | int] = here
        elif key:
            at = [*here, *_parts(key.group(1))]
        else:
            continue
        length = _common(at, where)
        if length > best_length and length == min(len(at), len(where)):
            best, best_length = number, length
    return best


def _parts(key: str) -> list[str]:
    return [part.strip("\"' ") for part in re.findall(r"\"[^\"]*\"|[^.]+", key)]


def _common(left: list[str | int], right: Where) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
