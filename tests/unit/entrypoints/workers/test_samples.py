"""The numbers of several workers in one exposition."""

from math import inf, isnan, nan

import msgspec
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.workers.samples import Family, decode, encode, exposition, families_of

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def a_worker(requests: int, lag: float) -> list[Family]:
    """Return the numbers of a worker, as another one gets them."""
    registry = CollectorRegistry()
    counter = Counter("panorama_requests", "Answers given.", ("route",), registry=registry)
    counter.labels("/a").inc(requests)
    Gauge("panorama_lag", "Lag.", registry=registry).set(lag)
    Histogram("panorama_seconds", "Seconds.", buckets=(0.1, 1.0), registry=registry).observe(0.5)
    return decode(encode(families_of(registry)))


def shown(text: bytes) -> Series:
    """Return every series of an exposition; the parser refuses what Prometheus would."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_each_worker_has_its_own_series() -> None:
    """By the label `worker`; counters, gauges and histograms alike."""
    series = shown(exposition({1: a_worker(3, 0.5), 2: a_worker(4, 7.0)}))
    requests = [series["panorama_requests_total", (("route", "/a"), ("worker", number))] for number in ("1", "2")]
    assert requests == [3, 4]
    assert [series["panorama_lag", (("worker", number),)] for number in ("1", "2")] == [0.5, 7.0]
    assert series["panorama_seconds_bucket", (("le", "1.0"), ("worker", "2"))] == 1


def test_each_metric_is_described_once() -> None:
    """The text form allows one group of lines for each."""
    lines = exposition({1: a_worker(1, 1.0), 2: a_worker(1, 1.0)}).decode().splitlines()
    described = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert sorted(described) == sorted(set(described))
    assert "panorama_requests_total" in described


def test_a_worker_that_does_not_answer_is_shown_as_such() -> None:
    """Its series are missing, and nothing stands for them."""
    series = shown(exposition({1: a_worker(3, 0.5), 2: None}))
    assert [series["panorama_worker_up", (("worker", number),)] for number in ("1", "2")] == [1, 0]
    assert not any(("worker", "2") in labels for name, labels in series if name != "panorama_worker_up")


def test_numbers_that_are_none_survive_the_way() -> None:
    """Infinity says that a lag is not known, and not-a-number that nothing has been measured."""
    series = shown(exposition({1: a_worker(1, inf), 2: a_worker(1, nan)}))
    assert series["panorama_lag", (("worker", "1"),)] == inf
    assert isnan(series["panorama_lag", (("worker", "2"),)])


def test_an_answer_that_was_cut_short_is_none() -> None:
    """A worker that dies while it answers must not pass for one with fewer numbers."""
    whole = encode(a_worker(1, 1.0))
    for size in range(len(whole)):
        with pytest.raises(msgspec.DecodeError):
            decode(whole[:size])
