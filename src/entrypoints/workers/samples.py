"""The numbers of several workers as one exposition: every series has the label `worker`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry, Gauge, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

LABEL: Final = "worker"


class Family(msgspec.Struct, frozen=True, array_like=True):
    """One metric of one worker."""

    name: str
    documentation: str
    kind: str
    samples: list[tuple[str, dict[str, str], float]]
    """Each with its name, its labels and its value."""


def encode(families: Sequence[Family]) -> bytes:
    """Return the families as bytes; MessagePack, since JSON has neither infinity nor not-a-number."""
    return msgspec.msgpack.encode(families)


def decode(content: bytes) -> list[Family]:
    """Return families from bytes; raises msgspec.DecodeError where an answer was cut short."""
    return msgspec.msgpack.decode(content, type=list[Family])


def families_of(registry: CollectorRegistry) -> list[Family]:
    """Return everything that a registry holds."""
    return [
        Family(
            metric.name,
            metric.documentation,
            metric.type,
            [(sample.name, sample.labels, sample.value) for sample in metric.samples],
        )
        for metric in registry.collect()
    ]


def exposition(answers: Mapping[int, Sequence[Family] | None]) -> bytes:
    """Return the numbers of all workers as Prometheus reads them; None stands for a worker that does not answer.

    The series of the workers stay apart. A sum would fall whenever a worker is replaced and begins with 0, which
    Prometheus takes for a restart of all and counts what the others have counted once more.
    """
    registry = CollectorRegistry()
    registry.register(_Merged(answers))
    up = Gauge(
        "panorama_worker_up", "1: the worker answers. 0: it does not, and has no series.", (LABEL,), registry=registry
    )
    for number, families in answers.items():
        up.labels(str(number)).set(families is not None)
    return generate_latest(registry)


class _Merged(Collector):
    """Collects what was answered."""

    def __init__(self, answers: Mapping[int, Sequence[Family] | None]) -> None:
        self._answers = answers

    def collect(self) -> Iterable[Metric]:
        """Return each metric once, with the samples of all workers that have it."""
        metrics: dict[str, Metric] = {}
        for number, families in self._answers.items():
            for family in families or ():
                metric = metrics.setdefault(family.name, Metric(family.name, family.documentation, family.kind))
                for name, labels, value in family.samples:
                    metric.add_sample(name, {**labels, LABEL: str(number)}, value)
        return metrics.values()
