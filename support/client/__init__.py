"""Real users on real connections. They record what happens; they judge nothing."""

from support.client import crowd
from support.client.breaches import BREACHES
from support.client.connection import Connection
from support.client.door import HANDSHAKE_FLAWS
from support.client.flood import announced
from support.client.loop import BackgroundLoop, StepCancelled, StepTimeout, watch_lag
from support.client.operator import announce
from support.client.run import Run
from support.client.sign_in import SignIn, SignInFailed
from support.client.tokens import FLAWS, Credentials, Mint
from support.client.user import User

__all__ = [
    "BREACHES",
    "FLAWS",
    "HANDSHAKE_FLAWS",
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
    "crowd",
    "watch_lag",
]
