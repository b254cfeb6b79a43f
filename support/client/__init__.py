"""Real users on real connections. They record what happens; they judge nothing."""

from support.client import crowd
from support.client.attempts import ATTEMPTS
from support.client.breaches import BREACHES
from support.client.connection import Connection
from support.client.flaws import FLAWS, FORGED, LURED
from support.client.flood import announced
from support.client.handshakes import HANDSHAKE_FLAWS
from support.client.loop import BackgroundLoop, StepCancelled, StepTimeout, watch_lag
from support.client.operator import announce
from support.client.origins import SITES
from support.client.perseverance import ask_and_see_through
from support.client.places import PLACES
from support.client.preflight import ensure_own_secret
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
    "announced",
    "ask_and_see_through",
    "crowd",
    "ensure_own_secret",
    "watch_lag",
]
