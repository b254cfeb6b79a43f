"""The visual language of every picture: one palette, one shape a kind, one scale of type.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), distinct with every common
colour blindness. No colour stands alone: kinds differ in shape, states in hatching, so that a
picture says the same in print without colour. Everything is a presentation attribute: pictures
stand as files, inside pages beside each other, and where style sheets are taken out.
"""

from __future__ import annotations

from html import escape
from math import ceil, floor, log10
from textwrap import wrap

from support.report.formatting import mask

WIDTH = 900

INK, MUTED, RULE, SHADE, PAPER = "#1b1f24", "#4c5560", "#cfd6dd", "#f2f4f6", "#ffffff"
BLUE, SKY, GREEN = "#0072B2", "#56B4E9", "#009E73"
ORANGE, VERMILION, PURPLE, YELLOW = "#E69F00", "#D55E00", "#CC79A7", "#F0E442"

TITLE, TEXT, SMALL = 17, 13, 12  # font sizes in pixels at full width
MARGIN = 16
_FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_EDGE = f' stroke="{INK}" stroke-width="0.7"'
_WIDE = 0.56  # width of an average character of such a font, in parts of its size

#: Hatchings by name: what went wrong leans one way, what is merely missing the other.
_HATCH = {
    "wrong": (VERMILION, 4, 45),
    "away": (MUTED, 1, -45),
    "apart": (ORANGE, 3, 0),
}


def shape(kind: str, x: float, y: float) -> str:
    """The outline of one mark around a point, as a piece of a path; unknown kinds are a bar."""
    a, b = round(x), round(y)
    match kind:
        case "up":
            return f"M{a} {b - 4}l4 8h-8z"
        case "down":
            return f"M{a} {b + 4}l4-8h-8z"
        case "right":
            return f"M{a + 4} {b}l-7 4v-8z"
        case "left":
            return f"M{a - 4} {b}l7 4v-8z"
        case "square":
            return f"M{a - 3} {b - 3}h7v7h-7z"
        case "diamond":
            return f"M{a} {b - 5}l4 5l-4 5l-4-5z"
        case "circle":
            return f"M{a - 4} {b}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"
        case "cross":
            return f"M{a - 4} {b - 2}l2-2l2 2l2-2l2 2l-2 2l2 2l-2 2l-2-2l-2 2l-2-2l2-2z"
        case "burst":
            return f"M{a} {b - 7}l2 5l5 2l-5 2l-2 5l-2-5l-5-2l5-2z"
        case "flag":
            return f"M{a - 1} {b + 4}v-8h6l-2 3l2 2h-4v3z"
        case _:
            return f"M{a - 1} {b - 4}h2v8h-2z"


class Drawing:
    """An SVG under construction. Words are escaped and masked; what is drawn later lies on top."""

    def __init__(self, title: str, description: str, unit: str = "") -> None:
        """`title` says what is shown, `unit` in which; `description` is for screen readers."""
        self._title, self._description = title, description
        self._parts: list[str] = []
        self._hatched: set[str] = set()
        self.text(MARGIN, 27, title, size=TITLE, bold=True)
        if unit:
            self.text(MARGIN, 45, unit, fill=MUTED)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = TEXT,
        fill: str = INK,
        anchor: str = "start",
        bold: bool = False,
        room: float | None = None,
    ) -> None:
        """Words with their base line at `y`, cut where they would be wider than `room`."""
        said = plain(words)
        if room is not None:
            most = max(int(room / (size * _WIDE)), 1)
            said = said if len(said) <= most else f"{said[: most - 1]}…"
        more = "".join(
            f' {name}="{value}"'
            for name, value, usual in (
                ("font-size", size, TEXT),
                ("fill", fill, INK),
                ("font-weight", "700" if bold else "", ""),
                ("text-anchor", anchor, "start"),
            )
            if value != usual
        )
        self._add(more, f'<text x="{_n(x)}" y="{_n(y)}">{escape(said)}</text>')

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        *,
        stroke: str = "",
        round_by: int = 0,
    ) -> None:
        """A rectangle, at least a pixel wide."""
        edge = f' stroke="{stroke}"' if stroke else ""
        corner = f' rx="{round_by}"' if round_by else ""
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 1))}" height="{_n(height)}"'
            f' fill="{fill}"{edge}{corner}/>'
        )

    def hatch(self, name: str, x: float, y: float, width: float, height: float) -> None:
        """A hatched rectangle with an edge: `wrong`, `away` or `apart`."""
        self._hatched.add(name)
        self.rect(x, y, width, height, PAPER)
        self.rect(x, y, width, height, f"url(#greenlight-{name})", stroke=_HATCH[name][0])

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        stroke: str = RULE,
        *,
        width: float = 1,
        dash: str = "",
    ) -> None:
        """A straight line."""
        more = f' stroke-width="{width:g}"' if width != 1 else ""
        more += f' stroke-dasharray="{dash}"' if dash else ""
        to = f"V{_n(y2)}" if x1 == x2 else f"L{_n(x2)} {_n(y2)}"
        self._add(f' stroke="{stroke}"{more}', f'<path d="M{_n(x1)} {_n(y1)}{to}"/>')

    def marks(self, outline: str, fill: str) -> None:
        """Any number of shapes of one kind, as one path."""
        self._add(_EDGE, f'<path d="{outline}" fill="{fill}"/>')

    def badge(self, x: float, y: float, words: str, *, wrong: bool) -> None:
        """A number in a disc: a happening to be looked up. What went wrong is filled."""
        fill, ink = (VERMILION, PAPER) if wrong else (PAPER, INK)
        self._parts.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="8" fill="{fill}" stroke="{INK}"/>'
        )
        self.text(x, y + 4, words, size=SMALL, fill=ink, anchor="middle", bold=True)

    def _add(self, look: str, drawn: str) -> None:
        """Draw with these attributes; shapes in a row that look alike have them once."""
        begin, end = (f"<g{look}>", "</g>") if look else ("", "")
        if look and self._parts and self._parts[-1].startswith(begin):
            self._parts[-1] = f"{self._parts[-1].removesuffix(end)}{drawn}{end}"
        else:
            self._parts.append(f"{begin}{drawn}{end}")

    def svg(self, height: float) -> str:
        """The whole picture, `height` pixels high at full width."""
        patterns = "".join(_pattern(name) for name in sorted(self._hatched))
        head = escape(plain(self._title))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{_n(height)}"'
            f' viewBox="0 0 {WIDTH} {_n(height)}" role="img" font-family="{_FONT}"'
            f' font-size="{TEXT}" fill="{INK}">'
            f"<title>{head}</title><desc>{escape(plain(self._description))}</desc>"
            + (f"<defs>{patterns}</defs>" if patterns else "")
            + f'<rect width="{WIDTH}" height="{_n(height)}" fill="{PAPER}"/>'
            + "".join(self._parts)
            + "</svg>\n"
        )


def _pattern(name: str) -> str:
    colour, wide, lean = _HATCH[name]
    return (
        f'<pattern id="greenlight-{name}" width="8" height="8" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate({lean})"><path d="M0 4H8" stroke="{colour}"'
        f' stroke-width="{wide}"/></pattern>'
    )


def plain(words: str) -> str:
    """Masked text on one line, without what XML cannot hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in mask(words)).split())


def lines(words: str, room: float, size: int = TEXT) -> list[str]:
    """The words on as many lines as they take where each may be as wide as `room`."""
    return wrap(plain(words), max(int(room / (size * _WIDE)), 1)) or [""]


def spread(places: list[float], apart: float, last: float) -> list[float]:
    """Ascending places moved as little as needed to be `apart` from each other and up to `last`."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + apart) if found else place)
    for number in range(len(found) - 1, -1, -1):
        found[number] = min(found[number], last)
        last = found[number] - apart
    return found


def wide(words: str, size: int = TEXT) -> float:
    """About how many pixels the words take."""
    return len(words) * size * _WIDE


def steps(first: float, last: float, most: int = 8) -> list[float]:
    """Round numbers within a range, 1, 2 or 5 times a power of ten apart, at most `most` + 1."""
    reach = last - first
    if not reach > 0:
        return [first]
    raw = reach / most
    power = 10.0 ** floor(log10(raw))
    step = next(power * by for by in (1, 2, 5, 10) if power * by >= raw * 0.999)
    begin = ceil(first / step - 1e-12)
    count = floor(last / step + 1e-12) - begin + 1
    return [round((begin + number) * step, 9) for number in range(count)]


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
