"""Why scenarios failed: root causes, read out of the journal as values, the worst first.

Each file but `ranking` holds detectors: functions from evidence to sightings, found by themselves.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")

from support.approval.causes.ranking import explained, root_causes  # noqa: E402

__all__ = ["explained", "root_causes"]
