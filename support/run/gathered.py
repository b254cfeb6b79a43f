"""What is left of a session once it is over: what a verdict and its report need of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.config import Environment
from support.report.formatting import mask
from support.run.session import Session


@dataclass(frozen=True)
class Gathered:
    """The journal lies in `run_dir`, whole unless `journal_broken` says why not, in a sentence.

    `errors` is what went wrong in the suite itself. `capabilities` is None where the deployment was
    never reached. `by_behave` is false for a load run, which has no features and no Allure results.
    """

    environment: Environment
    run_dir: Path
    seal_key: str | None
    target: str
    build: str
    capabilities: tuple[str, ...] | None
    journal_broken: str = ""
    errors: Sequence[str] = ()
    by_behave: bool = True


def gather(session: Session) -> Gathered:
    """End the session. Never raises: what went wrong is in `errors`."""
    errors = []
    try:
        session.close()
    except Exception as error:
        errors.append(mask(f"The run could not be closed in good order: {error}"))
    if broken := session.journal.broken:
        errors.append(f"The evidence could not be kept: {broken}.")
    return Gathered(
        environment=session.environment,
        run_dir=session.run_dir,
        seal_key=session.seal_key,
        target=session.under_test.name,
        build=session.under_test.build,
        capabilities=session.under_test.capabilities,
        journal_broken=broken,
        errors=errors,
    )
