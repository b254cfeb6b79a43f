"""`greenlight …`: what there is besides `behave` itself."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from support.run.command import run
from support.run.load_command import load, load_certificates, load_report
from support.run.trial.command import dialect


class Commands(click.Group):
    """Names the new name of a command that had another one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's. Raises `UsageError` for the old name of a command."""
        from support.config.renamed import RENAMED

        if args and (new := RENAMED.commands.get(args[0])):
            ctx.fail(f"the command {args[0]} is now called {new}")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="greenlight")
def main() -> None:
    """Acceptance gate for real-time AI chat.

    \b
    The gate itself:  greenlight run    (or plain behave --tags=@critical)
    Your backend:     greenlight run --environment staging
    """


main.add_command(run)


# No short option of click's: it would find one's letter in `-Ddefect=refreshed-…`, too.
@main.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[BEHAVE'S OPTIONS]...")
@click.pass_context
def gate(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the critical gate as a child process.

    Nothing but the sealed verdict that it leaves counts.

    \b
    Examples:
      greenlight gate
      greenlight gate -D environment=staging
      greenlight gate -D jobs=1                   # one scenario after the other

    Against the bundled reference several processes run the scenarios, against a deployment one.
    behave runs as a child of this command. Whatever ends it early (a crash, os._exit in a step) is
    INCONCLUSIVE; so is a selection that leaves a critical scenario out. At most a minute after the
    first failure that rejects the build the run ends (-D patience.after_rejection_s=60).

    Exit status: 0 for APPROVED, not 0 for anything else.
    """
    from behave.exception import ConfigError

    from support.run.gate import gate as run

    if "-h" in arguments:
        print(ctx.get_help())
        return
    try:
        sys.exit(run(("-D", "jobs=auto", *arguments)))
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


@main.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--expect", "expected", metavar="DIGEST", help="The digest that it must have.")
def judge(directory: Path, expected: str | None) -> None:
    """Compute a run's verdict again from its evidence.

    \b
    Examples:
      greenlight judge reports/latest
      greenlight judge reports/latest --expect DIGEST     # as printed at the end of the run

    Evidence that does not contradict itself is "consistent"; that proves nothing about its origin.
    With GREENLIGHT_SEAL_KEY set, the signature that the run made with the same key is required.

    Exit status: 0 for APPROVED, 1 for any other verdict, 2 when there is no evidence to judge, 3
    when it was altered, contradicts itself, has another digest or no valid signature, 4 when the
    approval has expired.
    """
    from support.run.judge import judge as print_verdict

    print_verdict(directory, expected)


@main.command()
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Build this defect in.")
@click.option("--lawful", "variants", multiple=True, metavar="NAME", help="Another lawful way.")
@click.option(
    "--run-dir", type=click.Path(path_type=Path, file_okay=False), help="For stores and logs."
)
@click.option(
    "--set", "settings", multiple=True, metavar="SERVICE.NAME=VALUE", help="Change a setting."
)
@click.option("--json", "json_output", is_flag=True, help="Print one JSON line when ready.")
@click.option("--control", is_flag=True, help="Obey stop/start/kill on standard input.")
def serve(
    defects: tuple[str, ...],
    variants: tuple[str, ...],
    run_dir: Path | None,
    settings: tuple[str, ...],
    json_output: bool,
    control: bool,
) -> None:
    """Run the bundled reference service until Ctrl-C.

    \b
    Examples:
      greenlight serve
      greenlight serve --defect anothers-note-in-answer
      greenlight serve --lawful one-epoch --lawful ids-with-colons
      greenlight serve --set chat.heartbeat_s=2
    """
    from support.reference.serve import serve as run

    pairs: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or "." not in key:
            raise click.UsageError(f"--set wants SERVICE.NAME=VALUE, not {setting!r}")
        pairs[key] = value
    sys.exit(run(list(defects), run_dir, pairs, json_output, control, variants))


@main.command()
@click.option("--json", "json_output", is_flag=True, help="Print JSON for other programs.")
def defects(json_output: bool) -> None:
    """List the defects of the reference service.

    \b
    Examples:
      greenlight defects
      behave --tags=@critical -D defect=NAME      # see the gate reject it
    """
    import json

    from support.reference.defects import catalogue

    if json_output:
        found = [{"name": d.name, "summary": d.summary, "rows": d.rows} for d in catalogue()]
        click.echo(json.dumps(found, indent=1))
        return
    table = Table("defect", "what it does", "rows", box=None)
    for defect in catalogue():
        table.add_row(defect.name, defect.summary, ", ".join(defect.rows))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@main.command()
@click.option("--json", "json_output", is_flag=True, help="Print JSON for other programs.")
def variants(json_output: bool) -> None:
    """List the lawful variants of the reference service.

    Each keeps the contract in another way, and the gate must approve it.

    \b
    Examples:
      greenlight variants
      behave --tags=@critical -D lawful=NAME      # see the gate approve it
    """
    import json

    from support.reference.variants import catalogue

    if json_output:
        click.echo(
            json.dumps([{"name": v.name, "summary": v.summary} for v in catalogue()], indent=1)
        )
        return
    table = Table("variant", "what it does", box=None)
    for variant in catalogue():
        table.add_row(variant.name, variant.summary)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@main.command()
@click.option("--all", "show_all", is_flag=True, help="Also rows that no scenario claims.")
@click.option("--json", "json_output", is_flag=True, help="Print JSON for other programs.")
def requirements(show_all: bool, json_output: bool) -> None:
    """Print scenarios and defects of each requirement.

    \b
    Examples:
      greenlight requirements
      greenlight requirements --json
      behave --tags=@H1        # the scenarios of one row
    """
    import msgspec

    from support.reference.defects import catalogue
    from support.run.requirements import rows as all_rows

    features = Path("features")
    if not features.is_dir():
        raise click.UsageError("there is no features folder here: run it in the project's folder")
    found = all_rows(features, ((d.name, d.rows) for d in catalogue()))
    shown = [row for row in found if show_all or row.scenarios]
    if json_output:
        click.echo(msgspec.json.format(msgspec.json.encode(shown), indent=1))
        return
    table = Table("row", "what it asks", "scenarios", "defects", box=None, padding=(0, 2, 1, 0))
    for row in shown:
        scenarios = "\n".join(row.scenarios) or "–"
        table.add_row(row.code, row.title, scenarios, ", ".join(row.defects) or "–")
    Console(width=None if sys.stdout.isatty() else 200).print(table)


main.add_command(dialect)
main.add_command(load)
main.add_command(load_certificates)
main.add_command(load_report)


if __name__ == "__main__":
    main()
