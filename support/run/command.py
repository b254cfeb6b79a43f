"""`greenlight run`: the gate on several processes, with options of its own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

CATEGORIES = ("functional", "integration", "security", "resilience", "performance", "stress")
_DURATION = re.compile(r"\d+(\.\d+)?[smh]?")


class Duration(click.ParamType[str]):
    """Seconds, or a number with its unit: 90, 90s, 10m, 1h."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As given. Fails for what is no duration."""
        if not _DURATION.fullmatch(value):
            self.fail(f"{value!r} is no duration such as 90s, 10m or 1h", param, ctx)
        return value


class Categories(click.ParamType[str]):
    """Names of categories, separated by commas."""

    name = "names"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The behave expression for them. Fails for a category that there is not."""
        names = [name.strip().removeprefix("@") for name in value.split(",")]
        if unknown := [name for name in names if name not in CATEGORIES]:
            known = ", ".join(CATEGORIES)
            self.fail(f"there is no category {unknown[0]!r}; there are: {known}", param, ctx)
        return " or ".join(f"@{name}" for name in names)


class Jobs(click.ParamType[str]):
    """A number of processes, or `auto`."""

    name = "number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As given. Fails for what is neither."""
        if value != "auto" and not (value.isdecimal() and 1 <= int(value) <= 64):
            self.fail(f"{value!r} is neither a number from 1 to 64 nor auto", param, ctx)
        return value


@click.command()
@click.option("--environment", metavar="NAME", help="Name or TOML file; local without it.")
@click.option("--categories", type=Categories(), help="Only these, such as security,resilience.")
@click.option("--tags", metavar="EXPRESSION", help="Only these, instead of @critical.")
@click.option("--timeout", type=Duration(), help="End the whole run after this (10m).")
@click.option(
    "--output-dir", type=click.Path(path_type=Path, file_okay=False), help="Where reports go."
)
@click.option(
    "--performance-threshold",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MS",
    help="The highest average event latency, in ms.",
)
@click.option("--jobs", type=Jobs(), default="auto", help="Processes at the same time (auto).")
@click.option("--ci", is_flag=True, help="Plain lines, each with the time in UTC.")
@click.option("--verbose", is_flag=True, help="Print every step.")
@click.option("--stages", is_flag=True, help="Connectivity, authentication, isolation come first.")
@click.option("-D", "flags", multiple=True, metavar="KEY=VALUE", help="Any other setting.")
def run(
    environment: str | None,
    categories: str | None,
    tags: str | None,
    timeout: str | None,
    output_dir: Path | None,
    performance_threshold: float | None,
    jobs: str,
    ci: bool,
    verbose: bool,
    stages: bool,
    flags: tuple[str, ...],
) -> None:
    """Run the critical gate on several processes.

    \b
    Examples:
      greenlight run
      greenlight run --environment staging --timeout 20m --ci
      greenlight run --categories security,resilience     # a rehearsal: no decision
      greenlight run --stages -D defect=events-to-everyone

    Each process has a bundled service of its own, or people of its own on one deployment. On a
    deployment, scenarios that need it or the machine run beside nothing. With bundled services,
    those that need the machine run beside nothing but scenarios that wait (@long-wait).

    A failure that rejects the build ends the run at most a minute later
    (-D patience.after_rejection_s=60); with --stages one of the basic scenarios ends it at once.

    Exit status: 0 for APPROVED, not 0 for anything else; of a rehearsal, 0 when nothing failed.
    """
    from behave.exception import ConfigError

    from support.run.gate import gate

    settings = {
        "environment": environment,
        "patience.whole_run_s": timeout,
        "reports": output_dir,
        "policy.average_latency_ms": performance_threshold,
        "jobs": jobs,
        "stages": "true" if stages else None,
    }
    given = [f"{key}={value}" for key, value in settings.items() if value is not None]
    arguments = [word for pair in (*given, *flags) for word in ("-D", pair)]
    narrowed = bool(tags or categories)
    arguments += _selection(tags, categories) if narrowed else []
    arguments += ["--verbose"] if verbose else []
    try:
        sys.exit(gate(arguments, narrowed=narrowed, plain=ci))
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def _selection(tags: str | None, categories: str | None) -> list[str]:
    """The selection as behave takes it: the tags, @critical without any, in those categories."""
    parts = [f"({part})" for part in (tags or "@critical", categories) if part]
    return [f"--tags={' and '.join(parts)}"]
