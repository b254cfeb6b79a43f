"""The decision before everything else on Allure's page, and nothing in it that calls the network.

A bar with the word stays on top; below it the decision page covers Allure's tree until the reader
asks for the scenarios. A link to one scenario (`#…`) goes there at once, the bar still above it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from types import MappingProxyType

from support.report.formatting import mask
from support.report.render import copy_script, decision_html
from support.report.view import RunView

_ANALYTICS = re.compile(
    r'<script async src="https://www\.googletagmanager[^>]*></script>\s*<script>.*?</script>',
    re.DOTALL,
)
_HEAD = '<meta charset="utf-8">'
_APP = '<div id="app"></div>'

#: Everything is inside the page; the browser must fetch nothing, from anywhere.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src data: blob: '
    "'unsafe-inline' 'unsafe-eval'; connect-src data: blob:; form-action 'none'\">"
)

#: Allure's program stands before its data in the page and may run before they have come, on a busy
#: machine: then it takes them for separate files, asks for these, and stays empty. With this it
#: waits for them.
_PATIENCE = "<script>window.allureReportData = {}; window.allureReportDataReady = false;</script>"


def with_decision(page: str, view: RunView, pages: Mapping[str, str] = MappingProxyType({})) -> str:
    """Allure's page with the decision before everything, and without its analytics.

    `pages` are the parts of it that show a scenario, by its id: links to scenarios lead there.
    Raises `ValueError` when the page does not look as Allure 3.18 makes it: better no report than
    one that hides the decision or talks to a stranger.
    """
    page, removed = _ANALYTICS.subn("", page)
    if page.count(_HEAD) != 1 or page.count(_APP) != 1 or removed != 1:
        raise ValueError("Allure's page is not as expected, so the decision cannot be put on it.")
    head, app = page.split(_APP)
    head = head.replace(_HEAD, _HEAD + _POLICY + _PATIENCE)
    return head + _cover(view, pages) + _APP + app


def _cover(view: RunView, pages: Mapping[str, str]) -> str:
    verdict = view.verdict
    subject = f"{view.target} {verdict.build}, {verdict.environment}"
    parts = files("support.report.allure")
    style = parts.joinpath("banner.css").read_text(encoding="utf-8")
    script = parts.joinpath("banner.js").read_text(encoding="utf-8")
    return (
        f"<style>{style}</style>"
        f'<div id="greenlight" class="{view.kind} open"'
        f' data-pages="{escape(json.dumps(dict(pages)))}">'
        f'<div class="bar"><strong><span aria-hidden="true">{view.shape}</span> '
        f"{escape(view.heading)}</strong>"
        f"<span>{escape(mask(subject))}</span>"
        '<button type="button" data-show="decision">Decision</button>'
        '<button type="button" data-show="scenarios">Every scenario in detail</button></div>'
        # No script runs in it; of one origin with this page, so that its links can be followed.
        # A link to elsewhere opens beside it.
        '<iframe title="Decision" sandbox="allow-same-origin allow-popups'
        ' allow-popups-to-escape-sandbox"'
        f' srcdoc="{escape(decision_html(view, framed=True))}"></iframe></div>'
        f"<script>{copy_script()}{script}</script>"
    )
