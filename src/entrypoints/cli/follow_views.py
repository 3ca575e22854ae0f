"""What `panorama follow` shows of each turn."""

from rich.filesize import decimal

from application.failover.following import Turned
from entrypoints.cli.output import Output


def show_turn(output: Output, turned: Turned) -> None:
    """Tell machines of each turn on a line of its own, and people of those in which something happened."""
    if output.json:
        output.document(turned)
    elif turned.caught is not None:
        caught = turned.caught
        if caught.manifests or caught.began:
            covered = caught.following.covered
            covers = "" if covered is None else f"; covers {covered.isoformat(timespec='seconds')}"
            size = decimal(caught.size)
            output.line(f"Up to manifest {caught.following.applied.position} ({caught.manifests} new, {size}){covers}.")
    elif turned.refused:
        output.line(f"Cannot go on: {turned.refused}.")
    elif turned.failure is not None:
        output.line(f"Failed ({turned.failure.code} {turned.failure.where}); tries again.")
