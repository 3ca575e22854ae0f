"""`panorama health`: for what starts processes and must know whether one lives."""

from entrypoints.cli.asking import ask_health
from entrypoints.cli.options import ConfigOption, JsonOption


def health(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Ask the service that this configuration starts on this machine whether it lives; exit code 4 if not."""
    ask_health(config, json)
