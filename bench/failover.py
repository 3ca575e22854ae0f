"""How long it takes until another site writes: with a standby that follows, and with an empty one."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bench.backups import TENANTS
from bench.figures import Measured, Row, Target, figure
from bench.population import populate
from bench.scale import Scale
from entrypoints.configuration_file import read

_PROGRAM: Final = Path(sys.executable).with_name("panorama")
_SITES: Final = ("east", "west")

TARGETS: Final = (Target("failover_warm", "s", "<=", 60.0),)


def measure_failover(folder: Path, scale: Scale) -> Measured:
    """Take over with a standby that follows, empty the former site, and take over again from there."""
    tenants = TENANTS.at(scale)
    configuration = folder / "panorama.toml"
    configuration.write_text(_text(), encoding="utf-8")
    for site in _SITES:
        (folder / "data" / site).mkdir(parents=True, mode=0o700)
    environment = {**os.environ, "PANORAMA_CONFIG": str(configuration)}
    asyncio.run(populate(read(configuration, {"PANORAMA_ACTIVE": "east"}), tenants))

    def panorama(*words: str, active: str = "east") -> Any:
        came = subprocess.run(
            [_PROGRAM, *words, "--json"],
            env={**environment, "PANORAMA_ACTIVE": active},
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(came.stdout)

    panorama("backup", "now", "--snapshot")
    panorama("follow", "--site", "west", "--once")
    warm = panorama("failover", "run", "--to", "west")
    panorama("storage", "empty", "--site", "east", active="west")
    panorama("backup", "now", active="west")
    cold = panorama("failover", "run", "--to", "east", active="west")
    rows = [
        Row("promised", 60.0, "s"),
        Row("with a standby", warm["seconds_to_first_write"], "s"),
        Row("of that, the wait of the fence", _seconds(warm, "fence"), "s"),
        Row("all of it read back", _seconds(warm, "read back"), "s"),
        Row("into an empty site", cold["seconds_to_first_write"], "s"),
    ]
    figures = [figure(TARGETS, "failover_warm", warm["seconds_to_first_write"])]
    return Measured(f"Failover of {tenants:,} tenants, {tenants * 1000:,} nodes", rows, figures)


def _seconds(report: Any, step: str) -> float:
    return float(next(each["seconds"] for each in report["steps"] if each["name"] == step))


def _text() -> str:
    tables = [
        f"""
[sites.{site}]
storage = "sqlite:{site}/storage.db"
vault = "sqlite:{site}/vault.db"
keys = ["file:keyring"]
blobs = ["dir:blobs"]
"""
        for site in _SITES
    ]
    return '[control]\nstores = ["dir:control"]\n' + "".join(tables)
