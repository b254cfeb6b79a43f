"""`greenlight load` and what belongs to it, as commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import click
from click.core import ParameterSource

from support.journal.load_plan import Limits, LoadPlan
from support.run.options import pairs


class Duration(click.ParamType[float]):
    """`500ms`, `30s`, `5m`, `24h`, or seconds without a unit."""

    name = "duration"
    _UNITS: ClassVar[dict[str, float]] = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds. Fails for anything else."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|)", str(value))
        if match is None:
            self.fail(f"{value!r} is no duration, such as 30s, 5m or 24h", param, ctx)
        return float(match[1]) * self._UNITS[match[2]]


@click.command()
@click.option("--users", default=50, show_default=True, help="How many users are online.")
@click.option("--duration", type=Duration(), default="30s", show_default=True, help="How long.")
@click.option("--rate", default=0.0, help="Questions a second, due by the clock (open model).")
@click.option(
    "--think", type=Duration(), default="1s", show_default=True, help="Between answer and question."
)
@click.option("--ramp", type=Duration(), default="0s", help="Users arrive spread over this.")
@click.option("--steps", default=1, show_default=True, help="Raise the load in equal stages.")
@click.option("--drop", default=0.0, help="Share of users who lose their connection once.")
@click.option("--storm", is_flag=True, help="They all lose it at the same moment.")
@click.option("--workers", default=1, show_default=True, help="Processes that carry the users.")
@click.option(
    "--cluster", default="local", show_default=True, help="Or the dask scheduler: tls://HOST:PORT."
)
@click.option(
    "--certificates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of greenlight load-certificates.",
)
@click.option("--question", default="tool", show_default=True, help="A prompt of the dialect.")
@click.option(
    "--success", default=0.99, show_default=True, help="Least share answered correctly, up to 1."
)
@click.option("--p95", type=Duration(), default="0s", help="Limit of the p95 response time.")
@click.option("--seed", default=1, show_default=True, help="The same seed: the same load.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="RUN",
    help="Carry out the rest of an interrupted load: the folder of its report.",
)
@click.option("-D", "flags", multiple=True, metavar="KEY=VALUE", help="A setting, as of behave.")
@click.pass_context
def load(
    ctx: click.Context,
    /,
    cluster: str,
    certificates: Path | None,
    resume: Path | None,
    flags: tuple[str, ...],
    **asked: Any,
) -> None:
    """Put load on a deployment and judge every message.

    \b
    Examples:
      greenlight load --users 200 --duration 1m
      greenlight load --users 200 --rate 50 --duration 1m --p95 2s
      greenlight load --users 500 --drop 1 --storm --ramp 5s --workers 2
      greenlight load --users 100 --duration 2h --steps 4 -D environment=staging.toml
      greenlight load --resume reports/latest -D environment=staging.toml
      greenlight load --users 8000 --workers 4 --cluster tls://10.0.0.5:8786 --certificates certs

    Every message is judged as in the gate: isolation, order, gaps, whole runs. The verdict and the
    report are those of a gate run, about the load alone: an approved load approves no build.

    Exit status: 0 for APPROVED, 1 for REJECTED, 2 when the load was not begun, 3 for INCONCLUSIVE.
    """
    from support.config import DeploymentError
    from support.load.cluster import LoadRefused
    from support.run.load import load as run
    from support.run.unfinished import resumable

    try:
        if resume is not None:
            _ensure_only_defaults(ctx, asked)
        before = None if resume is None else resumable(resume)
        plan = _plan(asked) if before is None else before.rest
        sys.exit(run(plan, pairs(flags), cluster, certificates, before))
    except (DeploymentError, LoadRefused) as error:
        raise click.UsageError(str(error)) from error


def _plan(asked: Mapping[str, Any]) -> LoadPlan:
    return LoadPlan(
        users=asked["users"],
        duration_s=asked["duration"],
        rate_per_s=asked["rate"],
        think_s=asked["think"],
        ramp_s=asked["ramp"],
        steps=asked["steps"],
        drops=asked["drop"],
        storm=asked["storm"],
        kind=asked["question"],
        workers=asked["workers"],
        seed=asked["seed"],
        limits=Limits(success=asked["success"], p95_ms=asked["p95"] * 1000),
    )


def _ensure_only_defaults(ctx: click.Context, asked: Mapping[str, Any]) -> None:
    """Raise `UsageError` for what cannot be asked for where the plan is that of another run."""
    for name in asked:
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name} cannot be given with --resume: the load is the same")


@click.command("load-report")
@click.argument(
    "directory", metavar="RUN", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
def load_report(directory: Path) -> None:
    """Print the figures of a load run so far.

    Also of a run that was interrupted or killed.

    \b
    Examples:
      greenlight load-report reports/latest       # also while the load is under way

    Exit status: 0 when the load was held, 1 when it was not, 3 when that is not known (yet), 2 when
    the folder holds no load run.
    """
    from support.load.cluster import LoadRefused
    from support.run.unfinished import print_figures

    try:
        sys.exit(print_figures(directory))
    except LoadRefused as error:
        raise click.UsageError(str(error)) from error


@click.command("load-certificates")
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where they are written; nothing there is replaced.",
)
def load_certificates(output_dir: Path) -> None:
    """Make TLS certificates for a load cluster.

    They are valid for 30 days.

    \b
    Example:
      greenlight load-certificates --output-dir certs

    Scheduler, workers and `greenlight load` use the same three files. Anyone who has them can
    make the workers carry out anything: copy them over a protected connection, and delete
    them afterwards.

    Exit status: 0, or 2 where they cannot be written.
    """
    from support.load.certificates import make_certificates

    try:
        for path in make_certificates(output_dir):
            click.echo(path)
    except OSError as error:
        raise click.UsageError(str(error)) from error
