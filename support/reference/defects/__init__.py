"""What can be broken in the reference service: each defect overrides a method of a healthy class.

``catalogue()`` lists them, ``apply(names)`` builds them in.
"""

from support.reference.defects import (
    authentication,
    delivery,
    events,
    frames,
    isolation,
    lifecycle,
    performance,
    protocol,
    recovery,
    restarts,
)
from support.reference.defects.catalogue import Defect, Wiring, apply, catalogue

SUBJECTS = (
    events,
    delivery,
    isolation,
    authentication,
    protocol,
    frames,
    recovery,
    restarts,
    performance,
    lifecycle,
)

__all__ = ["SUBJECTS", "Defect", "Wiring", "apply", "catalogue"]
