"""The view of a run as a page, as Markdown and as terminal text: Jinja2 over `templates/`.

What stands in a `{{ … }}` is foreign text: a deployment's answer, a scenario's name, a token in an
address. Each format escapes it in its own way before it is written, without a template having to
ask for it: HTML by autoescape, Markdown and terminal by the functions below. All of them mask
secrets first.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from support.report.formatting import mask
from support.report.rows import shortened
from support.report.view import Linked, RunView

#: Nobody sees it on GitHub; a comment that begins with it is one of ours.
COMMENT_MARK = "<!-- greenlight -->"

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~!@])")


class Script(NamedTuple):
    """A script of ours, and its hash: the page allows no other to run."""

    text: Markup
    digest: Markup


def decision_html(view: RunView, *, framed: bool = False) -> str:
    """The decision page: one HTML document that works from a file, in print and on a phone.

    Style and charts are inline, and nothing is fetched. Colour never stands alone: every state has
    its text and its shape. Nothing runs in it but the script that copies an error; in a frame,
    where none may run, that is left to the page around it.
    """
    copies = bool(view.causes) and not view.shown and not framed
    script = _script(f"{copy_script()}offerCopies(document, navigator.clipboard);")
    return _HTML.get_template("decision.html.j2").render(
        run=view, script=script if copies else None
    )


def copy_script() -> str:
    """`offerCopies(page, clipboard)`, which lets the buttons of a decision page copy errors."""
    return (files("support.report") / "templates" / "copy.js").read_text(encoding="utf-8")


def _script(text: str) -> Script:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Script(Markup(text), Markup(f"sha256-{digest}"))


def running_html(word: str, reason: str) -> str:
    """The page that stands in for a decision until there is one: a word and a sentence."""
    return _HTML.get_template("running.html.j2").render(word=word, reason=reason)


def decision_markdown(view: RunView) -> str:
    """The decision page as GitHub Markdown; foreign text cannot become markup or a mention."""
    return _MD.get_template("decision.md.j2").render(run=view)


def step_summary(view: RunView) -> str:
    """The decision in short Markdown; what takes room is folded."""
    return _MD.get_template("step_summary.md.j2").render(run=view)


def pull_request_comment(view: RunView) -> str:
    """The step summary as a comment, below a line by which a workflow finds it again."""
    return f"{COMMENT_MARK}\n{step_summary(view)}"


def terminal_text(view: RunView, evidence: str | None) -> str:
    """The decision in about 25 lines; a line that begins with `#` is a heading."""
    template = _TEXT.get_template("terminal.txt.j2")
    return template.render(run=view, evidence=evidence)


def for_html(value: object) -> object:
    """The value without secrets; autoescape does the rest. Markup of ours stays as it is."""
    if isinstance(value, Linked) and value.url:
        link = '{}, <a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>'
        return Markup(link).format(mask(value.text), url=value.url)
    return value if isinstance(value, Markup) else mask(str(value))


def for_markdown(value: object) -> str:
    """The value on one line, without secrets; it cannot become markup, a mention or a link.

    Only what is meant as a link (`Linked`) is one.
    """
    if isinstance(value, Linked) and value.url:
        return f"{for_markdown(value.text)}, <{value.url}>"
    one_line = " ".join(mask(str(value)).split())
    found = _MARKDOWN.sub(r"\\\1", one_line)
    # GitHub turns a bare address into a link, and that of a deployment should not be one.
    return found.replace("://", ":\N{ZERO WIDTH SPACE}//")


def for_terminal(value: object) -> str:
    """The value on one line, without secrets and without control sequences."""
    clean = "".join(c if c.isprintable() else " " for c in mask(str(value)))
    return " ".join(clean.split())


def _environment(finalize: Callable[[object], object], *, html: bool = False) -> Environment:
    environment = Environment(
        loader=PackageLoader("support.report"),
        autoescape=html,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["short"] = shortened
    return environment


_HTML = _environment(for_html, html=True)
_MD = _environment(for_markdown)
_TEXT = _environment(for_terminal)
