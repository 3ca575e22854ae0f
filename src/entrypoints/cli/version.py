"""`panorama version`."""

from importlib.metadata import version as installed_version

from entrypoints.cli.options import JsonOption
from entrypoints.cli.output import Output


def version(json: JsonOption = None) -> None:
    """Say which version this is."""
    output, number = Output.chosen(json), installed_version("panorama")
    if output.json:
        output.document({"version": number})
    else:
        output.line(f"panorama {number}")
