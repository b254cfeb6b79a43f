"""Pictures of a scenario and of a run, as SVG: pure functions of the journal, one file each.

They show what checks and approval found, and judge nothing themselves.
"""

from support.report.pictures.album import Picture, run_pictures, scenario_picture

__all__ = ["Picture", "run_pictures", "scenario_picture"]
