"""What a site needs and costs, against numbers that were worked out by hand."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bench.figures import Measured, Row
from bench.results import Results, keep, read
from bench.sizing import PRICES, Cloud, Inputs, Instance, Kept, Load, Measures, cost, decoded, measures, needs

LOAD = Load(
    tenants=1_000,
    panoramas=10,
    nodes=100,
    reads=864,
    changes=86.4,
    peak=10,
    utilisation=0.5,
    history_days=10,
    answer_bytes=1_000,
)
KEPT = Kept(stores=3, outside=1, cycle_seconds=60, snapshots=2, segment_days=3)
CLOUD = Cloud(
    cpu_hour=0.04,
    gibibyte_hour=0.01,
    balancer_hour=0.02,
    database_hour=1.0,
    stored_gigabyte_month=0.02,
    thousand_puts=0.005,
    egress_gigabyte=0.1,
    keys_month=3.0,
    sources={},
)
INPUTS = Inputs(date(2026, 1, 1), LOAD, Instance(minimum=1, processes=1, gibibytes=2), KEPT, {"one": CLOUD})
MEASURES = Measures(
    reads_a_second=200,
    changes_a_second=20,
    stored_node=200,
    stored_change=500,
    packed_node=100,
    packed_change=400,
)


def test_what_a_load_needs() -> None:
    """864,000 reads and 86,400 changes a day are 10 and 1 a second; ten times that when it is busiest."""
    needed = needs(INPUTS, MEASURES)
    assert needed.requests_a_second == pytest.approx(110)
    assert needed.nodes == 1_000_000
    assert needed.stored == pytest.approx(200e6 + 864_000 * 500)
    assert needed.backed_up == pytest.approx(2 * 445.6e6 + 3 * 34.56e6)
    assert needed.shipped == pytest.approx(30.4375 * (445.6e6 + 34.56e6))
    assert needed.puts == pytest.approx(87_660)
    assert needed.answered == pytest.approx(26.298e9)


def test_how_many_instances_there_are() -> None:
    """Half a core for reads and half for changes, used by half, are two; two processes of one instance use both."""
    assert needs(INPUTS, MEASURES).instances == 2
    assert needs(replace(INPUTS, instance=Instance(1, 2, 2)), MEASURES).instances == 1
    assert needs(replace(INPUTS, instance=Instance(3, 1, 2)), MEASURES).instances == 3
    assert needs(replace(INPUTS, load=replace(LOAD, peak=10.1)), MEASURES).instances == 3


def test_what_it_costs() -> None:
    """730.5 hours a month; three stores; what is answered, and what goes to the store outside, leaves the cloud."""
    found = cost(INPUTS, CLOUD, needs(INPUTS, MEASURES))
    assert found.instances == pytest.approx(87.66)
    assert found.balancer == pytest.approx(14.61)
    assert found.database == pytest.approx(730.5)
    assert found.backups == pytest.approx(1.3745928)
    assert found.egress == pytest.approx(4.091287)
    assert found.keys == 3
    assert found.total == pytest.approx(841.2358798)


def test_the_prices_that_are_kept_name_their_sources() -> None:
    """A price without one is refused, and so is a word that means nothing."""
    text = PRICES.read_text(encoding="utf-8")
    assert set(decoded(text).clouds) == {"aws", "gcp"}
    line = next(line for line in text.splitlines() if line.startswith('keys_month = "'))
    with pytest.raises(ValueError, match=r"clouds\.aws\.sources does not say where keys_month is from"):
        decoded(text.replace(line, "", 1))
    with pytest.raises(msgspec.ValidationError, match="discount"):
        decoded(text.replace("[load]", "[load]\ndiscount = 1", 1))


def test_what_was_measured_is_kept_and_read(tmp_path: Path) -> None:
    """One measurement after the other; what is missing is named with the command that measures it."""
    file = tmp_path / "reports" / "bench.json"
    assert read(file) == Results()
    keep({"reading": Measured("Reading", [Row("panorama", 7_000.0, "requests/s")], [])}, file)
    keep({"moving": Measured("Moving", [Row("moves, 16 connections", 1_500.0, "moves/s")], [])}, file)
    found = read(file)
    assert found.value("reading", "panorama") == 7_000
    with pytest.raises(KeyError, match="make bench ARGS=sizes"):
        measures(found)
