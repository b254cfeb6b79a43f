"""The deployment under test: HTTP, TLS, control, health, and the start of the reference service."""

from support.deployment.deployment import CAPABILITIES, Deployment, run_budget_s

__all__ = ["CAPABILITIES", "Deployment", "run_budget_s"]
