"""The process is killed in the middle of its work, again and again."""

import asyncio
import random
from collections import Counter

import pytest

from tests.faults.writers import Writer, outline, write_until_cut
from tests.processes import Machine
from tests.rounds import rounds, soak

KILLS = 50
AT_ONCE = 8


@pytest.mark.timeout(600 * soak())
async def test_no_acknowledged_edit_is_lost_in_fifty_kills(computer: Machine) -> None:
    """After each kill every node that was acknowledged is there; what was not is repeated and there once."""
    chance = random.Random(20260101)
    process = computer.start()
    site = computer.install(process)
    async with computer.client(process, site) as client:
        answer = await client.post("/api/panoramas", json={"name": "Roadmap"})
        panorama = answer.json()["id"]
    writer = Writer(panorama)
    for _ in range(rounds(KILLS)):
        async with computer.client(process, site) as client:
            asyncio.get_running_loop().call_later(chance.uniform(0.02, 0.25), process.kill)
            await write_until_cut(writer, client, AT_ONCE)
        process = computer.start()
        async with computer.client(process, site) as client:
            shown = {row[0] for row in (await outline(client, panorama))["nodes"]}
            acknowledged = {promise.node for promise in writer.promises.values() if promise.node is not None}
            assert acknowledged <= shown, "an acknowledged edit is lost"
            for promise in writer.unanswered:
                await writer.ask(client, promise)
    async with computer.client(process, site) as client:
        rows = (await outline(client, panorama))["nodes"]
    issues = Counter(row[3] for row in rows)
    assert set(issues) == {promise.issue for promise in writer.promises.values()}
    assert set(issues.values()) == {1}, "a repeated edit was doubled"
    assert len(issues) > rounds(KILLS)
