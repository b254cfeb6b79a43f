"""What every test may use: `histories`, beside this file, and one profile for Hypothesis."""

import os

from hypothesis import HealthCheck, settings

# A busy machine is slow: that is no finding.
settings.register_profile("greenlight", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("greenlight")

# Where the tests themselves run in a workflow, their throw-away runs must not report to it.
for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
    os.environ.pop(name, None)
