"""All of AWS is switched off under the service, and Google's site goes on."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.taking_over import GCP, Story
from tests.e2e.two_clouds import TwoClouds
from tests.patience import patience
from tests.processes import machine

PROMISE = 60.0
"""What was acknowledged that many seconds before the cloud was lost is not lost, on a quiet machine.

The unit tests of shipping hold the promise to a clock of their own.
"""

SLOWEST = 4 * PROMISE
"""No machine is so slow that more is granted: to wait for it longer than this is itself what goes wrong."""

PROMISED = 10
"""How many edits must have been acknowledged so long before, for the promise to mean something."""


@pytest.mark.timeout(300)
async def test_counter_goes_on_in_another_cloud(tmp_path: Path, clouds: TwoClouds) -> None:
    """What the report says is there, and what was promised, is there: each edit once, in order, and none invented.

    Whoever waited to serve does so by itself.
    """
    with machine(tmp_path, {"PANORAMA_CONFIG": str(clouds.configuration)}) as made:
        story = Story(clouds, made)
        promise = timedelta(seconds=min(patience(PROMISE), SLOWEST))
        await story.happen(seconds=promise.total_seconds() + 15, edits=PROMISED + 2)
        status = json.loads(made.run("backup", "status", settings=GCP).stdout)["status"]
    counts = {store["cloud"]: store["counts"] for store in status["stores"]}
    assert counts == {"aws": True, "gcp": False}, "what its own cloud's bucket has would be lost with it"
    report = story.report
    assert (report["former"], report["site"], report["epoch"], report["nothing_lost"]) == ("aws", "gcp", 2, False)
    covered = datetime.fromisoformat(report["recovery_point"])
    sent = max(story.acknowledged)
    assert story.lost is not None
    assert story.found == list(range(1, len(story.found) + 1))
    assert len(story.found) <= sent + 1, "the last may have been stored, and not acknowledged"
    reported = [number for number, when in story.acknowledged.items() if when < covered]
    promised = [number for number, when in story.acknowledged.items() if story.lost - when > promise]
    assert min(len(reported), len(promised)) > PROMISED
    assert story.found[: len(reported)] == reported
    assert story.found[: len(promised)] == promised
    assert story.lost - covered < promise
    assert report["lost_seconds"] < promise.total_seconds() + patience(25)
