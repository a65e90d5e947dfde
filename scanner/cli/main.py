"""The command line: one group, and what every command has in common.

Commands are imported when they are used, so that none pays for what another needs.
"""

import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import click

from jobs.threads import one_thread
from physics.errors import InputError, nearest

DONE, WRONG_INPUT, INTERRUPTED = 0, 1, 3
"""Exit codes; a scan some blocks of which failed ends with 2."""

COMMANDS = {
    "run": ("scan", "Scan a grid; run again to resume."),
    "plan": ("plan", "What a scan would cost: time, disk, memory."),
    "submit": ("submit", "Write and submit the batch job of a scan; --dry-run prints it."),
    "status": ("status", "How far a scan is: blocks, points, time left."),
    "limits": ("results", "Excluded intervals, also for other couplings and statistics."),
    "contour": ("results", "Contours of the limits as CSV, JSON or netCDF."),
    "plot": ("results", "Exclusion plot with published limits overlaid."),
    "rate": ("rates", "Events of one point in one experiment."),
    "width": ("points", "Partial widths, branching ratios and decay length."),
    "xsec": ("rates", "Upscattering cross-section on a nucleus."),
    "list": ("list", "Models, experiments, grids, clusters or published limits."),
}
"""Module of each command and its line in the overview."""


class Group(click.Group):
    """Commands whose errors are one sentence, unless ``--debug`` asks for more."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, imported or not."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command that was asked for."""
        if cmd_name in COMMANDS:
            import_module(f"scanner.cli.{COMMANDS[cmd_name][0]}")
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            close = nearest(args[0], COMMANDS) or f"; choose {', '.join(COMMANDS)}"
            raise click.UsageError(f"unknown command {args[0]!r}{close}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command whose reader may go away, as `head` does: that is no error."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end with one of the exit codes."""
        one_thread()  # before a command imports numerical libraries
        kwargs["standalone_mode"] = False
        arguments = kwargs.get("args") or (args[0] if args else None) or sys.argv[1:]
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Exit as request:
            code = request.exit_code
        except (click.Abort, KeyboardInterrupt):
            code = _complain("interrupted; run the same command again to go on", INTERRUPTED)
        except Exception as error:
            if "--debug" in arguments and not isinstance(error, click.ClickException):
                raise
            code = _complain(*_told(error))
        sys.exit(code if isinstance(code, int) else DONE)


def _complain(message: str, code: int) -> int:
    """Print one sentence on the standard error."""
    click.echo(f"hnlscan: {message}", err=True)
    return code


def _told(error: Exception) -> tuple[str, int]:
    """Turn an error into one sentence and an exit code."""
    if isinstance(error, click.ClickException):
        return _sentence(error), WRONG_INPUT
    if isinstance(error, InputError):
        return str(error), WRONG_INPUT
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}; check the path and its rights", WRONG_INPUT
    report = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"
    return f"{report}; please report it, with what --debug prints", WRONG_INPUT


def _sentence(error: click.ClickException) -> str:
    """Make a usage error one sentence that says where to look."""
    text = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{text}; see `{context.command_path} --help`" if context else text


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hnlscan")
def main() -> None:
    """Turn theories of heavy neutral leptons into limits from neutrino experiments."""


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Register a command with the options that all have.

    Parameters
    ----------
    name : str
        One of `COMMANDS`.

    Returns
    -------
    callable
        Decorator; the function receives `as_json` among its keywords.
    """

    def register(function: Callable[..., Any]) -> click.Command:
        for option in (
            click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks."),
            click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        ):
            function = option(function)
        return main.command(name)(function)

    return register


def emit(document: Mapping[str, Any], lines: Callable[[], str], as_json: bool) -> None:
    """Print a result: one JSON object and nothing else, or text for people.

    Parameters
    ----------
    document : mapping
        The result.
    lines : callable
        Makes the text.
    as_json : bool
        Which of them.
    """
    click.echo(json.dumps(_finite(document), allow_nan=False) if as_json else lines())


def _finite(value: Any) -> Any:
    """Replace infinity and NaN, which JSON does not have, by null."""
    if isinstance(value, Mapping):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
