"""Real users on real connections. They record what happens; they judge nothing."""

from support.client import crowd
from support.client.attempts import ATTEMPTS
from support.client.connection import Connection
from support.client.flaws import FLAWS, FORGED, LURED
from support.client.loop import BackgroundLoop, StepCancelled, StepTimeout, watch_lag
from support.client.operator import announce
from support.client.origins import SITES
from support.client.places import PLACES
from support.client.run import Run
from support.client.sign_in import SignIn, SignInFailed
from support.client.tokens import Credentials, Mint
from support.client.user import User

__all__ = [
    "ATTEMPTS",
    "FLAWS",
    "FORGED",
    "LURED",
    "PLACES",
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
    "crowd",
    "watch_lag",
]
