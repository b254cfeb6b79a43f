"""Settings of a run: environments, limits and policy, read from files, variables and flags."""

from support.config.environment import Chaos as Chaos
from support.config.environment import Environment as Environment
from support.config.environment import Sizes as Sizes
from support.config.errors import DeploymentError as DeploymentError
from support.config.errors import LeftOut as LeftOut
from support.config.errors import NotOffered as NotOffered
from support.config.errors import smaller_than as smaller_than
from support.config.policy import Policy as Policy
from support.config.safety import NotSafe as NotSafe
from support.config.seal_key import SEAL_KEY as SEAL_KEY
from support.config.seal_key import seal_key as seal_key
from support.config.sources import load_environment as load_environment
