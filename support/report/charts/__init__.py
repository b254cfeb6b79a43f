"""Pictures of a scenario and of a run, as SVG: pure functions of the journal, one file each.

They show what checks and approval found, and judge nothing themselves.
"""

from support.report.charts.album import TREND as TREND
from support.report.charts.album import Chart as Chart
from support.report.charts.album import run_charts as run_charts
from support.report.charts.album import scenario_chart as scenario_chart
