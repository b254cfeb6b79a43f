"""What can be wrong with a target before any user has spoken to it."""

from typing import Literal


class TargetError(Exception):
    """A setting, an address or a service is not as it must be; the message says what to do."""


class TargetUnavailable(TargetError):
    """Nothing that could be judged answers at the target's address."""


class NotOffered(Exception):
    """The target, or what we were told about it, lacks what a scenario needs."""

    cause: Literal["not_offered", "environment"] = "not_offered"


class LeftOut(NotOffered):
    """Our own settings (sizes, a budget, safe mode) allow less than a scenario needs to show it."""

    cause = "environment"
