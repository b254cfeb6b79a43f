"""Real users on real connections. They record what happens; they judge nothing."""

from support.client import group
from support.client.attempts import ATTEMPTS
from support.client.breaches import BREACHES
from support.client.connection import Connection
from support.client.flaws import FLAWS, FORGED, IN_URL, LURED
from support.client.flood import announced
from support.client.handshakes import HANDSHAKE_FLAWS
from support.client.loop import BackgroundLoop, StepCancelled, StepTimeout, watch_lag
from support.client.operator import announce
from support.client.origins import SITES
from support.client.preflight import ensure_own_secret
from support.client.resume_positions import RESUME_POSITIONS
from support.client.retry import retry_until_complete, see_through
from support.client.run import Run
from support.client.sign_in import SignIn, SignInFailed
from support.client.tokens import Credentials, Mint
from support.client.user import User

__all__ = [
    "ATTEMPTS",
    "BREACHES",
    "FLAWS",
    "FORGED",
    "HANDSHAKE_FLAWS",
    "IN_URL",
    "LURED",
    "RESUME_POSITIONS",
    "SITES",
    "BackgroundLoop",
    "Connection",
    "Credentials",
    "Mint",
    "Run",
    "SignIn",
    "SignInFailed",
    "StepCancelled",
    "StepTimeout",
    "User",
    "announce",
    "announced",
    "ensure_own_secret",
    "group",
    "retry_until_complete",
    "see_through",
    "watch_lag",
]
