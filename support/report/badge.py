"""The badge: decision, score and level as a small SVG. The text is enough without the colour."""

from __future__ import annotations

from html import escape

from support.approval import Verdict
from support.report.health import Health
from support.report.view import SHAPE, heading, score_text

#: By level: dark enough for white letters (4.5 : 1 and more), of different brightness for all eyes.
COLOURS = {
    "Excellent": "#00573f",
    "Good": "#0067a3",
    "Fair": "#7a5c00",
    "Degraded": "#a33e00",
    "Critical": "#8b0a3d",
    "Unknown": "#555555",
}
#: The level that a decision looks like, whatever its score: it never looks better than it is.
LEVEL_OF = {
    "REJECTED": "Critical",
    "INCONCLUSIVE": "Degraded",
    "NO DECISION": "Unknown",
}
LABEL = "greenlight"
_PADDING = 8


def badge(verdict: Verdict, health: Health) -> str:
    """One SVG of 20 px height that needs no font of its own and fetches nothing."""
    said, score = heading(verdict), score_text(health)
    text = f"{SHAPE[verdict.decision]} {said} · {score}"
    colour = COLOURS[health.level if verdict.approved else LEVEL_OF[verdict.decision]]
    left, right = _width(LABEL), _width(text)
    whole = left + right
    title = escape(f"{LABEL}: {said}, health {score}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<clipPath id="r{whole}"><rect width="{whole}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r{whole})"><rect width="{left}" height="20" fill="#24292f"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f"{_text(LABEL, 0, left)}{_text(text, left, right)}</g></svg>\n"
    )


def _text(text: str, x: int, width: int) -> str:
    """Text that is made to fit, whatever font there is."""
    return (
        f'<text x="{x + _PADDING}" y="14" textLength="{width - 2 * _PADDING}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
    )


def _width(text: str) -> int:
    """About what Verdana takes at 11 px: capitals are wide, a few letters narrow."""
    taken = sum(8.0 if c.isupper() else 4.0 if c in " ijlt·–" else 7.0 for c in text)
    return round(taken) + 2 * _PADDING
