"""One scenario over time: a lane for every device, a mark for every event, problems as text.

Drawn by hand: chart libraries know bars and lines, not lanes with gaps, shapes and numbered marks,
and none draws them as one small SVG without scripts.

Marks of a kind that would overlap are one mark; the text below says so. What cannot
be understood from a mark alone has a number, looked up in the list below the lanes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from support.journal import History, facts
from support.report.charts import style
from support.report.charts.lanes import KINDS, ROWS, Happening, Lane, Story, story_of
from support.report.charts.style import Drawing, shape, steps

MOST_LANES = 10
MOST_HAPPENINGS = 9
MOST_BADGES = 20  # above one lane
MOST_MARKS = 1500  # shapes in one picture; about 25 bytes each

_LEFT, _RIGHT = 150, style.WIDTH - style.MARGIN - 10
_ROW = 9  # pixels from one row of marks to the next
_BAR = ROWS * _ROW + 5
_STRIP = 20  # above a lane, for the numbers of what happened in it
_HELD = "#e4f1fa"
_LINE = 19  # from one line of words to the next

#: Shape and colour of every kind of mark.
LOOK = {
    "asked": ("right", style.INK),
    "sent": ("right", style.PAPER),
    "resumed": ("left", style.YELLOW),
    "ping": ("bar", style.MUTED),
    "leaked": ("burst", style.VERMILION),
    facts.STARTED: ("up", style.BLUE),
    facts.THINKING: ("circle", style.SKY),
    facts.TOOL_EXECUTING: ("square", style.ORANGE),
    facts.TOOL_COMPLETED: ("diamond", style.GREEN),
    facts.COMPLETED: ("down", style.PURPLE),
    facts.FAILED: ("cross", style.VERMILION),
    "event": ("square", style.PAPER),
    "announced": ("flag", style.YELLOW),
    "rejected": ("cross", style.PAPER),
}


def timeline(history: History) -> str:
    """The records of one scenario as SVG; empty when nobody ever tried to connect."""
    story = story_of(history)
    if story is None:
        return ""
    lanes = _shown(story)
    numbered = _chosen(story.happenings, lanes)
    unit = "milliseconds" if _brief(story) else "seconds"
    drawing = Drawing(
        f"Timeline ({unit} since the scenario started)",
        _in_words(story, numbered),
        story.name,
    )
    x = _scale(story)
    top = 62.0
    if any(lane is None for h in numbered for _, lane in h.times):
        top += _STRIP
    tops = _lane_tops(lanes, numbered, top)
    bottom = (tops[-1] if tops else top) + _BAR + 4
    _axis(drawing, story, x, top - 4, bottom)
    for since, until in story.down:
        drawing.hatch("away", x(since), top - 4, x(until) - x(since), bottom - top + 4)
    for lane, y in zip(lanes, tops, strict=True):
        _bars(drawing, lane, x, y)
    thin = _thinned(lanes, x)
    for lane, y in zip(lanes, tops, strict=True):
        _marks(drawing, lane, thin, y)
    _badges(drawing, numbered, dict(zip((id(lane) for lane in lanes), tops, strict=True)), x, top)
    y = bottom + 20
    if len(story.lanes) > len(lanes):
        drawing.text(style.MARGIN, y + 14, f"and {len(story.lanes) - len(lanes)} more", bold=True)
        drawing.text(_LEFT, y + 14, "users or devices, not shown", fill=style.MUTED)
        y += _LINE
    y = _legend(drawing, story, lanes, y + 24)
    if sum(map(len, thin.values())) < sum(len(m) for lane in lanes for m in lane.marks.values()):
        words = "Where marks of a kind would overlap, one stands for several."
        drawing.text(style.MARGIN, y, words, size=style.SMALL, fill=style.MUTED)
        y += _LINE
    y = _words(drawing, story, numbered, y)
    return drawing.svg(y)


def _shown(story: Story) -> list[Lane]:
    """All lanes, or the first of those where something happened, then the first of the others."""
    if len(story.lanes) <= MOST_LANES:
        return story.lanes
    busy = {id(lane) for h in story.happenings if h.wrong for _, lane in h.times}
    ranked = sorted(story.lanes, key=lambda lane: id(lane) not in busy)
    kept = {id(lane) for lane in ranked[:MOST_LANES]}
    return [lane for lane in story.lanes if id(lane) in kept]


def _chosen(happenings: list[Happening], lanes: list[Lane]) -> list[Happening]:
    """As many as have room, those that went wrong before the others, in order of time."""
    shown = {id(lane) for lane in lanes}
    seen = [h for h in happenings if any(lane is None or id(lane) in shown for _, lane in h.times)]
    kept = sorted(seen, key=lambda happening: not happening.wrong)[:MOST_HAPPENINGS]
    return sorted(kept, key=lambda happening: happening.times[0][0])


def _scale(story: Story) -> Callable[[float], float]:
    reach = max(story.end - story.begin, 1e-6)
    return lambda t: _LEFT + 8 + (t - story.begin) / reach * (_RIGHT - _LEFT - 16)


def _lane_tops(lanes: list[Lane], numbered: list[Happening], top: float) -> list[float]:
    """Where the bar of each lane begins; those with numbers keep a strip for them above."""
    with_strip = {id(lane) for happening in numbered for _, lane in happening.times}
    tops, y = [], top
    for lane in lanes:
        y += _STRIP if id(lane) in with_strip else 4
        tops.append(y)
        y += _BAR + 4
    return tops


def _axis(
    drawing: Drawing, story: Story, x: Callable[[float], float], top: float, bottom: float
) -> None:
    ticks = steps(story.begin - story.zero, story.end - story.zero)
    places = [(x(tick + story.zero), _moment(story, tick)) for tick in ticks]
    for at, _ in places:
        drawing.line(at, top, at, bottom + 4)
    for at, words in places:
        drawing.text(
            at, bottom + 18, words, size=style.SMALL, fill=style.MUTED, anchor="middle"
        )  # fmt: skip


def _brief(story: Story) -> bool:
    return story.end - story.begin < 0.3


def _moment(story: Story, since_zero_s: float) -> str:
    """A moment as the axis tells it: milliseconds where everything happened at once."""
    if _brief(story):
        return f"{since_zero_s * 1000:g} ms"
    return f"{since_zero_s:.3f}".rstrip("0").rstrip(".") + " s"


def _bars(drawing: Drawing, lane: Lane, x: Callable[[float], float], y: float) -> None:
    """The connections of a lane, and between them the time without one."""
    for since, until in lane.away:
        drawing.hatch("away", x(since), y, x(until) - x(since), _BAR)
        words = f"away {until - since:.1f} s"
        if x(until) - x(since) > style.wide(words) + 8:
            middle = (x(since) + x(until)) / 2
            drawing.rect(middle - style.wide(words) / 2, y + 20, style.wide(words), 20, style.PAPER)
            drawing.text(middle, y + 34, words, anchor="middle")
    for span in lane.spans:
        if span.held:
            drawing.rect(
                x(span.begin), y, x(span.end) - x(span.begin), _BAR, _HELD,
                stroke=style.BLUE, round_by=4,
            )  # fmt: skip
        else:
            kind = "wrong" if span.wrong else "away"
            drawing.hatch(kind, x(span.begin), y, max(x(span.end) - x(span.begin), 5), _BAR)
    drawing.text(
        style.MARGIN, y + _BAR / 2 + 5, lane.name, bold=True, room=_LEFT - style.MARGIN - 8
    )


def _thinned(lanes: list[Lane], x: Callable[[float], float]) -> dict[tuple[int, str], list[int]]:
    """Where marks stand, by lane and kind: a pixel place once, coarser places when too many."""
    apart = 3
    while True:
        places = {
            (id(lane), kind): sorted({round(x(t) / apart) * apart for t in times})
            for lane in lanes
            for kind, times in lane.marks.items()
        }
        if sum(map(len, places.values())) <= MOST_MARKS:
            return places
        apart *= 2


def _marks(
    drawing: Drawing, lane: Lane, places: dict[tuple[int, str], list[int]], y: float
) -> None:
    for kind, meaning in KINDS.items():
        if kind in lane.marks:
            outline, fill = LOOK[kind]
            at = y + 8 + meaning.row * _ROW
            drawn = "".join(shape(outline, place, at) for place in places[id(lane), kind])
            drawing.marks(drawn, fill)


def _badges(
    drawing: Drawing,
    numbered: list[Happening],
    tops: dict[int, float],
    x: Callable[[float], float],
    top: float,
) -> None:
    """The numbers of what happened, above the lane where it did; to all lanes, above them all."""
    strips: dict[float, list[tuple[float, int, Happening, bool]]] = defaultdict(list)
    last: dict[tuple[float, int], float] = {}
    for number, happening in enumerate(numbered, start=1):
        for t, lane in happening.times:
            y = top - 4 if lane is None else tops.get(id(lane))
            if y is not None and x(t) - last.get((y, number), -99.0) >= 20:
                last[y, number] = x(t)  # else the same again, at the same place
                strips[y].append((x(t), number, happening, lane is None))
    low = max(tops.values(), default=top) + _BAR
    for y, found in strips.items():
        found.sort(key=lambda one: one[:2])
        if len(found) > MOST_BADGES:  # then each number once
            found = list({number: one for one in reversed(found) for number in one[1:2]}.values())
            found.sort(key=lambda one: one[:2])
        places = style.spread([at for at, *_ in found], 18, _RIGHT - 8)
        for place, (at, number, happening, to_all) in zip(places, found, strict=True):
            colour = style.VERMILION if happening.wrong else style.INK
            drawing.line(place, y - 3, at, y, colour, width=1.5)
            dash, foot = ("4 3", low) if to_all else ("", y + _BAR)
            drawing.line(at, y, at, foot, colour, width=1.5, dash=dash)
            drawing.badge(place, y - 10, str(number), wrong=happening.wrong)


def _legend(drawing: Drawing, story: Story, lanes: list[Lane], y: float) -> float:
    """The kinds of marks and shades that stand in the picture; where the next line goes."""
    shades = {"a connection": "held"} if any(s.held for lane in lanes for s in lane.spans) else {}
    if story.down:
        longest = max(until - since for since, until in story.down)
        shades[f"the service was down, {longest:.1f} s"] = "away"
    elif any(True for lane in lanes for _ in lane.away):
        shades["no connection"] = "away"
    handshake_refused = [s for lane in lanes for s in lane.spans if not s.held]
    if any(not span.wrong for span in handshake_refused) and "away" not in shades.values():
        shades["refused, as expected"] = "away"
    if any(span.wrong for span in handshake_refused):
        shades["not connected"] = "wrong"
    kinds = {KINDS[kind].label: kind for kind in KINDS if any(kind in lane.marks for lane in lanes)}
    across: float = style.MARGIN
    placed: list[tuple[str, str, float, float]] = []
    for label, kind in {**kinds, **shades}.items():
        needed = 18 + style.wide(label) + 14
        if across + needed > _RIGHT and across > style.MARGIN:
            across, y = style.MARGIN, y + _LINE
        placed.append((label, kind, across, y))
        across += needed
    for _, kind, across, at in placed[: len(kinds)]:  # in a row they share one edge
        outline, fill = LOOK[kind]
        drawing.marks(shape(outline, across + 5, at - 4), fill)
    for _, kind, across, at in placed[len(kinds) :]:
        if kind == "held":
            drawing.rect(across, at - 9, 11, 11, _HELD, stroke=style.BLUE)
        else:
            drawing.hatch(kind, across, at - 9, 11, 11)
    for label, _, across, at in placed:
        drawing.text(across + 16, at, label)
    return y + _LINE


def _words(drawing: Drawing, story: Story, numbered: list[Happening], y: float) -> float:
    """What the numbers mean; the height of the picture."""
    for number, happening in enumerate(numbered, start=1):
        y += 4
        drawing.badge(style.MARGIN + 8, y, str(number), wrong=happening.wrong)
        drawing.text(
            style.MARGIN + 24, y + 5, _line(story, happening), room=_RIGHT - style.MARGIN - 24
        )
        y += _LINE
    if len(story.happenings) > len(numbered):
        left = len(story.happenings) - len(numbered)
        words = f"and {left} more, in “What happened, line by line”"
        drawing.text(style.MARGIN + 24, y + 8, words, fill=style.MUTED)
        y += _LINE
    return y + 2


def _line(story: Story, happening: Happening) -> str:
    first, last = (_moment_text(story, happening.times[n][0]) for n in (0, -1))
    count = len(happening.times)
    until = "" if first == last else f" until {last}"
    often = "" if count == 1 or len(happening.people) > 1 else f", {count} times{until}"
    others = happening.people[1:]
    also = f"; also {others[0] if len(others) == 1 else f'{len(others)} others'}"
    return f"{first}{often}: {happening.words}{also if others else ''}"


def _moment_text(story: Story, t: float) -> str:
    return _moment(story, round(t - story.zero, 3 if _brief(story) else 2))


def _in_words(story: Story, numbered: list[Happening]) -> str:
    """The picture for those who cannot see it."""
    names = ", ".join(lane.name for lane in story.lanes[:MOST_LANES])
    events = sum(
        len(times)
        for lane in story.lanes
        for kind, times in lane.marks.items()
        if kind.startswith(("agent_", "tool_")) or kind == "event"
    )
    lines = [f"Lanes: {names}. {events} events reached them in {story.end - story.begin:.1f} s."]
    return " ".join([*lines, *(f"{_line(story, happening)}." for happening in numbered)])
