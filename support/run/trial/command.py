"""`greenlight dialect …`: the command and its subcommands."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from support.run.options import pairs


@click.group()
def dialect() -> None:
    """Describe your own backend: start and try a dialect.

    \b
    Examples:
      greenlight dialect new ours.toml
      greenlight dialect try ours.toml --chat-url ws://localhost:8765
      greenlight dialect try ours.toml -D environment=staging.toml
      greenlight dialect try ours.toml --replay journal.jsonl
      greenlight dialect reference
    """


@dialect.command("try")
@click.argument("file", metavar="FILE")
@click.option("-D", "flags", multiple=True, metavar="KEY=VALUE", help="A setting, as of behave.")
@click.option("--chat-url", metavar="URL", help="Where the backend is: -D chat_url=URL.")
@click.option("--token", metavar="TOKEN", help="A token of one user; none: no token at all.")
@click.option(
    "--replay",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read recorded frames instead: a journal, or lines of {way, text}.",
)
@click.option(
    "--record", type=click.Path(path_type=Path, dir_okay=False), help="Keep the journal here."
)
@click.option("--full", is_flag=True, help="Cut no line.")
def try_(
    file: str,
    flags: tuple[str, ...],
    chat_url: str | None,
    token: str | None,
    replay: Path | None,
    record: Path | None,
    full: bool,
) -> None:
    """Connect, ask a question, show what is understood.

    \b
    Examples:
      greenlight dialect try ours.toml --chat-url ws://localhost:8765 --token TOKEN
      greenlight dialect try ours.toml -D environment=staging.toml --record journal.jsonl
      greenlight dialect try ours.toml --replay journal.jsonl
      greenlight dialect try agent-chat-v1          # the bundled reference

    Every message is printed with the rule it met and the fact it became; then what a gate could
    assess, and why not the rest.

    Exit status: 0 when a question was asked and answered, 1 when not, 2 for bad input.
    """
    from support.config import DeploymentError, load_environment
    from support.run.trial.live import try_live, with_token
    from support.run.trial.replay import try_replay

    given = pairs(flags)
    if chat_url is not None:
        given["chat_url"] = chat_url
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    try:
        if replay is not None:
            environment = load_environment(with_token(given, token))
            sys.exit(try_replay(file, replay, console, environment, full=full))
        sys.exit(try_live(file, with_token(given, token), console, record, full=full))
    except DeploymentError as error:
        raise click.UsageError(str(error)) from error


@dialect.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def new(file: Path | None) -> None:
    """Write a commented dialect file to start from.

    Without FILE, print it.

    \b
    Examples:
      greenlight dialect new ours.toml
    """
    from support.run.trial import START

    if file is None:
        click.echo(START.read_text("utf-8"), nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(START.read_text("utf-8"))
    except FileExistsError:
        raise click.UsageError(f"{file} is there already: name another file") from None
    except OSError as error:
        raise click.UsageError(f"cannot write {file}: {error.strerror}") from error
    click.echo(f"{file} is written. Next: greenlight dialect try {file} --chat-url ws://…")


@dialect.command()
def reference() -> None:
    """Print every table and key of a dialect file, as Markdown.

    \b
    Examples:
      greenlight dialect reference > docs/dialects-reference.md
    """
    from support.dialects.reference import reference_page

    click.echo(reference_page(), nl=False)
