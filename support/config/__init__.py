"""Settings of a run: environments, limits and policy, read from files, variables and flags."""

from support.config.environment import Chaos, Environment, Sizes
from support.config.errors import DeploymentError, DeploymentUnavailable, LeftOut, NotOffered
from support.config.policy import Policy
from support.config.safety import NotSafe
from support.config.seal_key import SEAL_KEY, seal_key
from support.config.sources import load_environment

__all__ = [
    "SEAL_KEY",
    "Chaos",
    "DeploymentError",
    "DeploymentUnavailable",
    "Environment",
    "LeftOut",
    "NotOffered",
    "NotSafe",
    "Policy",
    "Sizes",
    "load_environment",
    "seal_key",
]
