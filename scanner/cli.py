"""The command line: one group, and what every command has in common."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from physics.errors import InputError

DONE, WRONG_INPUT, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3
"""Exit codes."""


class Group(click.Group):
    """Commands whose errors are one sentence, unless ``--debug`` asks for more."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end with one of the exit codes."""
        kwargs["standalone_mode"] = False
        arguments = kwargs.get("args") or (args[0] if args else None) or sys.argv[1:]
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Exit as request:
            code = request.exit_code
        except click.Abort:
            code = _complain("interrupted; run the same command again to go on", INTERRUPTED)
        except KeyboardInterrupt:
            code = _complain("interrupted; run the same command again to go on", INTERRUPTED)
        except click.ClickException as error:
            code = _complain(_sentence(error), WRONG_INPUT)
        except (InputError, OSError) as error:
            if "--debug" in arguments:
                raise
            code = _complain(str(error), WRONG_INPUT)
        except BrokenPipeError:
            code = DONE
        except Exception as error:
            if "--debug" in arguments:
                raise
            code = _complain(
                f"unexpected {type(error).__name__}: {error}; please report it, with what "
                "--debug prints",
                SOME_FAILED,
            )
        sys.exit(code if isinstance(code, int) else DONE)


def _complain(message: str, code: int) -> int:
    """Print one sentence on the standard error."""
    click.echo(f"hnlscan: {message}", err=True)
    return code


def _sentence(error: click.ClickException) -> str:
    """Make a usage error one sentence that says where to look."""
    text = error.format_message().rstrip(".").replace("\n", " ")
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
        As typed.

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
    click.echo(json.dumps(document, allow_nan=False) if as_json else lines())


# the commands register themselves
from scanner import cli_list, cli_points, cli_results, cli_scan  # noqa: E402, F401
