"""Where: environments, policy, dialects, capabilities, and the start of the reference service."""

from support.target.dialect import Dialect, Handshake, broken_inputs, load_dialect
from support.target.environment import Chaos, Environment, Sizes
from support.target.errors import LeftOut, NotOffered, TargetError, TargetUnavailable
from support.target.policy import Policy
from support.target.safety import NotSafe
from support.target.seal_key import SEAL_KEY, seal_key
from support.target.sources import load_environment
from support.target.target import CAPABILITIES, Target

__all__ = [
    "CAPABILITIES",
    "SEAL_KEY",
    "Chaos",
    "Dialect",
    "Environment",
    "Handshake",
    "LeftOut",
    "NotOffered",
    "NotSafe",
    "Policy",
    "Sizes",
    "Target",
    "TargetError",
    "TargetUnavailable",
    "broken_inputs",
    "load_dialect",
    "load_environment",
    "seal_key",
]
