"""`panorama version`."""

from entrypoints.cli.installed import show_version
from entrypoints.cli.options import JsonOption


def version(json: JsonOption = None) -> None:
    """Say which version this is."""
    show_version(json=json)
