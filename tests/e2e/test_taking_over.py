"""All of AWS is switched off under the service, and Google's site goes on."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.taking_over import Story
from tests.e2e.two_clouds import TwoClouds
from tests.processes import machine


@pytest.mark.timeout(300)
async def test_counter_goes_on_in_another_cloud(tmp_path: Path, clouds: TwoClouds) -> None:
    """What the report says is there, is there: each edit once, in order; whoever waited to serve does so by itself."""
    with machine(tmp_path, {"PANORAMA_CONFIG": str(clouds.configuration)}) as made:
        story = Story(clouds, made)
        await story.happen(seconds=25)
    report = story.report
    assert (report["former"], report["site"], report["epoch"], report["nothing_lost"]) == ("aws", "gcp", 2, False)
    covered = datetime.fromisoformat(report["recovery_point"])
    promised = [number for number, when in story.acknowledged.items() if when < covered]
    assert len(promised) > 10
    assert report["lost_seconds"] < 60 + 25
