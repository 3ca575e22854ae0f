"""Prints what an onlooker sees when a cloud is switched off and another takes over: `make recording`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.e2e.clouds import KeyServers
from tests.e2e.taking_over import GCP, Story
from tests.e2e.two_clouds import two_clouds
from tests.processes import machine
from tests.servers.gcp_kms import cloud_kms
from tests.servers.ministack import ministack
from tests.servers.mongo.starting import mongo_memory
from tests.servers.strict_kms import strict_kms


def record(folder: Path, seconds: float) -> None:
    """Have it happen, with edits for so long before, and print it."""
    (folder / "servers").mkdir()
    with (
        mongo_memory() as mongo,
        strict_kms() as (_, aws),
        cloud_kms() as google,
        ministack(folder / "servers") as buckets,
        two_clouds(folder, mongo, KeyServers(aws, google), buckets) as clouds,
        machine(folder, {"PANORAMA_CONFIG": str(clouds.configuration), "COLUMNS": "160"}) as made,
    ):
        asyncio.run(Story(clouds, made, show).happen(seconds))
        show("$ PANORAMA_ACTIVE=gcp panorama backup status")
        show(made.run("backup", "status", "--text", settings=GCP).stdout)
        report = next((made.data / "reports").glob("*.md"))
        show(f"$ cat {report.relative_to(folder)}")
        show(report.read_text(encoding="utf-8"))


def show(text: str) -> None:
    """Print it at once."""
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in text.splitlines()))
    sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="panorama-") as name:
        record(Path(name), seconds=90)
