"""Real users on real connections. They record what happens; they judge nothing.

`client` is the core. What builds on it (account, liveness, limits, reconnect) takes it as an
argument, `user` puts them together, and `group` is several users at once.
"""

from support.client import group as group
from support.client.connection import Connection as Connection
from support.client.kept_accounts import KeptAccounts as KeptAccounts
from support.client.loop import BackgroundLoop as BackgroundLoop
from support.client.loop import StepCancelled as StepCancelled
from support.client.loop import StepTimeout as StepTimeout
from support.client.loop import watch_lag as watch_lag
from support.client.mentions import record_mentions as record_mentions
from support.client.operator import announce as announce
from support.client.preflight import ensure_own_secret as ensure_own_secret
from support.client.resume_positions import RESUME_POSITIONS as RESUME_POSITIONS
from support.client.retry import retry_until_complete as retry_until_complete
from support.client.run import Run as Run
from support.client.run import repetitions as repetitions
from support.client.sign_in import SignIn as SignIn
from support.client.sign_in import SignInFailed as SignInFailed
from support.client.tokens import Credentials as Credentials
from support.client.tokens import Mint as Mint
from support.client.user import User as User
