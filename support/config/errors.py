"""What can be wrong with a deployment before any user has spoken to it."""

from typing import Literal


class DeploymentError(Exception):
    """A setting, an address or a service is not as it must be; the message says what to do."""


class DeploymentUnavailable(DeploymentError):
    """Nothing that could be judged answers at the deployment's address."""


class NotOffered(Exception):
    """The deployment, or what is configured of it, lacks what a scenario needs."""

    cause: Literal["not_offered", "environment"] = "not_offered"


class LeftOut(NotOffered):
    """Our own settings (sizes, a budget, safe mode) allow less than a scenario needs to show it."""

    cause = "environment"


def smaller_than(size: str, asked: int, least: int) -> LeftOut | None:
    """Why nothing can be said where `sizes` ask for less than `least`; None where they do not."""
    if asked >= least:
        return None
    return LeftOut(f"this environment asks for {asked} of the {least} that it takes (sizes.{size})")
