"""What can be broken in the reference service: each defect overrides a method of a healthy class.

``catalogue()`` lists them, ``apply(names)`` builds them in.
"""

from support.reference.assembly import Wiring
from support.reference.defects import (
    accounts,
    announcements,
    authentication,
    boundaries,
    capacity,
    deadlines,
    delivery,
    events,
    frames,
    hostile_tokens,
    isolation,
    leaks,
    lifecycle,
    origins,
    performance,
    protocol,
    recovery,
    restarts,
)
from support.reference.defects.catalogue import Defect, apply, catalogue
from support.reference.defects.catalogue import named as defect_named

SUBJECTS = (
    events,
    delivery,
    isolation,
    boundaries,
    authentication,
    hostile_tokens,
    accounts,
    origins,
    protocol,
    frames,
    announcements,
    recovery,
    restarts,
    performance,
    capacity,
    deadlines,
    lifecycle,
    leaks,
)

__all__ = ["SUBJECTS", "Defect", "Wiring", "apply", "catalogue", "defect_named"]
