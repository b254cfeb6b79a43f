"""Pictures of a scenario and of a run, as SVG: pure functions of the journal, one file each.

They show what checks and approval found, and judge nothing themselves.
"""

from support.report.charts.album import Chart, run_charts, scenario_chart

__all__ = ["Chart", "run_charts", "scenario_chart"]
