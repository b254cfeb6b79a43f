"""What every test may use: `histories`, beside this file, and one profile for Hypothesis."""

from hypothesis import HealthCheck, settings

# A busy machine is slow: that is no finding.
settings.register_profile("greenlight", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("greenlight")
