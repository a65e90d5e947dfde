"""`hnlscan status`: how far a scan is, from its store alone."""

from typing import Any

import click

from scanner.cli.main import command, emit
from scanner.cli.place import as_place
from scanner.execution.progress import clock
from scanner.storage.place import Place
from scanner.storage.status import status as read_status

KEYS = ("store", "blocks", "points", "seconds", "seconds_left")


@command("status")
@click.argument("path", metavar="STORE", callback=as_place)
def status(path: Place, as_json: bool) -> None:
    """How far a scan is: blocks, points, time left."""
    found = read_status(path)
    emit({key: found[key] for key in KEYS}, lambda: _status_text(found), as_json)


def _status_text(found: dict[str, Any]) -> str:
    blocks, points = found["blocks"], found["points"]
    left = found["seconds_left"]
    state = "sealed" if found["sealed"] else "running" if found["running"] else "not running"
    return "\n".join(
        [
            f"{found['store']}: {state}, {clock(found['seconds'])} spent"
            + (f", {clock(left)} left" if left else ""),
            f"  blocks: {blocks['done']} of {blocks['total']} done, {blocks['failed']} failed",
            f"  points: {points['done']} of {points['total']} done, {points['failed']} failed, "
            f"{points['unconverged']} not converged",
            *(f"  failed: {message}" for message in found["errors"]),
        ]
    )
