"""The pictures of a whole run, ready to be stored, attached and shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from support.approval.model import CriterionResult, Outcome
from support.config import Policy
from support.journal import History
from support.measures.figures import Figures
from support.measures.scope import normal_service
from support.report.charts.course import course_picture
from support.report.charts.dashboard import dashboard
from support.report.charts.delivery import delivery_picture
from support.report.charts.durations import durations_picture
from support.report.charts.isolation import isolation_picture
from support.report.charts.latency import latency_picture
from support.report.charts.recovery import recovery_picture
from support.report.charts.timeline import timeline
from support.report.charts.trend import trend_picture
from support.report.formatting import mask
from support.report.trend import Trend

#: The picture that stands with the table of earlier runs.
TREND = "trend"


class Chart(NamedTuple):
    """`name` is good for a file, `title` for people; `svg` is a whole document."""

    name: str
    title: str
    svg: str


def run_charts(
    history: History,
    measured: Callable[[], Figures],
    policy: Policy,
    criteria: Sequence[CriterionResult],
    trend: Trend | None = None,
    outcomes: Sequence[Outcome] = (),
    cut_short: History | None = None,
) -> list[Chart]:
    """Every picture of a run for which there is anything to show. Never raises.

    `history` is of the scenarios that were assessed; `cut_short`, of those that the end has hit.
    """
    wanted: dict[str, tuple[str, Callable[[], str]]] = {
        "performance": ("Performance", lambda: dashboard(measured(), policy, criteria)),
        "latency": ("Event latency", lambda: latency_picture(measured(), policy)),
        "events": ("Events by type", lambda: delivery_picture(normal_service(history), policy)),
        "isolation": ("User isolation", lambda: isolation_picture(history, cut_short)),
        "course": (
            "The run over time",
            lambda: course_picture(normal_service(history), history, measured(), policy),
        ),
        "recovery": ("Recovery", lambda: recovery_picture(measured(), policy)),
        "durations": ("Scenario durations", lambda: durations_picture(outcomes)),
    }
    if not history.connections:  # a leak is shown even if nothing else was assessed
        wanted = {"isolation": wanted["isolation"]}
    elif trend is not None:
        wanted[TREND] = ("Trend", lambda: trend_picture(trend))
    drawn = (Chart(name, title, _drawn(draw)) for name, (title, draw) in wanted.items())
    return [picture for picture in drawn if picture.svg]


def scenario_chart(history: History) -> str:
    """The timeline of one scenario as SVG; empty when there is nothing to show. Never raises."""
    return _drawn(lambda: timeline(history))


def _drawn(draw: Callable[[], str]) -> str:
    """A picture decides nothing: one that cannot be drawn says so, and the run goes on."""
    try:
        return draw()
    except Exception as error:
        said = escape(mask(f"This picture could not be drawn: {type(error).__name__}."))
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="40">'
            f'<text x="16" y="26" font-family="sans-serif">{said}</text></svg>\n'
        )
