"""What a site needs and costs: `make sizing [ARGS=PRICES]`, from what `make bench` has measured and from prices."""

import math
import sys
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench.results import Results, read

PRICES: Final = Path(__file__).with_name("prices.toml")
DAY: Final = 86_400
MONTH: Final = 365.25 / 12
"""In days."""

_GIGABYTE: Final = 1e9


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of a site, as the file of prices explains it."""

    tenants: int
    panoramas: int
    nodes: int
    reads: float
    changes: float
    peak: float
    utilisation: float
    history_days: float
    answer_bytes: float


class Instance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one instance is, and how many there are at the least."""

    minimum: int
    processes: int
    gibibytes: float


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How backups are kept."""

    stores: int
    outside: int
    cycle_seconds: float
    snapshots: int
    segment_days: float


class Cloud(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """List prices of one cloud in US dollars, each with where it is from."""

    cpu_hour: float
    gibibyte_hour: float
    balancer_hour: float
    database_hour: float
    stored_gigabyte_month: float
    thousand_puts: float
    egress_gigabyte: float
    keys_month: float
    sources: dict[str, str]


class Inputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of prices."""

    entered: date
    load: Load
    instance: Instance
    backups: Kept
    clouds: dict[str, Cloud]


class Measures(msgspec.Struct, frozen=True):
    """What the bench has measured: of one process, and in bytes."""

    reads_a_second: float
    changes_a_second: float
    stored_node: float
    stored_change: float
    packed_node: float
    packed_change: float


class Needs(msgspec.Struct, frozen=True):
    """What a site of that load needs."""

    requests_a_second: float
    """In the busiest minute."""

    nodes: int
    stored: float
    """Bytes in the database, without its indexes."""

    shipped: float
    """Bytes that go to each store in a month."""

    backed_up: float
    """Bytes that each store keeps."""

    puts: float
    """Objects that go to each store in a month."""

    answered: float
    """Bytes of answers in a month."""

    instances: int


class Cost(msgspec.Struct, frozen=True):
    """US dollars a month."""

    instances: float
    balancer: float
    database: float
    backups: float
    egress: float
    keys: float

    @property
    def total(self) -> float:
        """Everything together."""
        return self.instances + self.balancer + self.database + self.backups + self.egress + self.keys


def measures(results: Results) -> Measures:
    """Return what sizing computes with; raises KeyError, naming what to run."""
    return Measures(
        results.value("reading", "panorama"),
        results.value("moving", "moves, 16 connections"),
        results.value("sizes", "stored of a node"),
        results.value("sizes", "stored of a change"),
        results.value("sizes", "of a node in a backup"),
        results.value("sizes", "of a change in a backup"),
    )


def needs(inputs: Inputs, measured: Measures) -> Needs:
    """Return what the load needs. A snapshot holds every record, so that it costs as much each day."""
    load, kept, instance = inputs.load, inputs.backups, inputs.instance
    reads, changes = load.tenants * load.reads, load.tenants * load.changes
    busy = load.peak / DAY
    cores = busy * (reads / measured.reads_a_second + changes / measured.changes_a_second) / load.utilisation
    nodes = load.tenants * load.panoramas * load.nodes
    snapshot = nodes * measured.packed_node + changes * load.history_days * measured.packed_change
    segments = changes * measured.packed_change
    return Needs(
        requests_a_second=busy * (reads + changes),
        nodes=nodes,
        stored=nodes * measured.stored_node + changes * load.history_days * measured.stored_change,
        shipped=MONTH * (snapshot + segments),
        backed_up=kept.snapshots * snapshot + kept.segment_days * segments,
        puts=MONTH * DAY / kept.cycle_seconds * 2,
        answered=MONTH * reads * load.answer_bytes,
        instances=max(instance.minimum, math.ceil(cores / instance.processes)),
    )


def cost(inputs: Inputs, cloud: Cloud, needed: Needs) -> Cost:
    """Return what that is in a cloud, with every store at the price of its own."""
    hours, kept, instance = MONTH * 24, inputs.backups, inputs.instance
    one = instance.processes * cloud.cpu_hour + instance.gibibytes * cloud.gibibyte_hour
    store = needed.backed_up / _GIGABYTE * cloud.stored_gigabyte_month + needed.puts / 1_000 * cloud.thousand_puts
    out = needed.answered + kept.outside * needed.shipped
    return Cost(
        instances=needed.instances * one * hours,
        balancer=cloud.balancer_hour * hours,
        database=cloud.database_hour * hours,
        backups=kept.stores * store,
        egress=out / _GIGABYTE * cloud.egress_gigabyte,
        keys=cloud.keys_month,
    )


def decoded(text: str) -> Inputs:
    """Return what a file of prices says; raises ValidationError, and ValueError where a price has no source."""
    inputs = msgspec.convert(tomllib.loads(text), Inputs)
    for name, cloud in inputs.clouds.items():
        prices = {field for field in cloud.__struct_fields__ if field != "sources"}
        if missing := prices - cloud.sources.keys():
            message = f"clouds.{name}.sources does not say where {', '.join(sorted(missing))} is from"
            raise ValueError(message)
    return inputs


def show(inputs: Inputs, measured: Measures, console: Console) -> None:
    """Print what is needed, and what it costs on each cloud."""
    needed = needs(inputs, measured)
    console.print(f"What {inputs.load.tenants:,} tenants need")
    console.print(_table((), _needed(needed, inputs)))
    costs = {name: cost(inputs, cloud, needed) for name, cloud in inputs.clouds.items()}
    rows = [(field, *(_dollars(getattr(each, field)) for each in costs.values())) for field in Cost.__struct_fields__]
    per = inputs.load.tenants / 1_000
    rows.append(("for 1,000 tenants", *(_dollars(each.total / per) for each in costs.values())))
    console.print(f"US dollars a month, at prices of {inputs.entered}, which are inputs to be replaced")
    console.print(_table(tuple(costs), rows))


def _needed(needed: Needs, inputs: Inputs) -> list[tuple[str, ...]]:
    return [
        ("requests a second, busiest minute", f"{needed.requests_a_second:,.0f}"),
        ("nodes", f"{needed.nodes:,}"),
        ("stored, without indexes", _gigabytes(needed.stored)),
        ("shipped to each store in a month", _gigabytes(needed.shipped)),
        (f"kept by each of {inputs.backups.stores} stores", _gigabytes(needed.backed_up)),
        ("instances", f"{needed.instances}"),
    ]


def _table(columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    """Return a table whose first column has the labels, under the names of the others; without any, it has no head."""
    names = tuple(columns)
    table = Table(show_header=bool(names))
    table.add_column("")
    for name in names or ("",):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _gigabytes(size: float) -> str:
    return f"{size / _GIGABYTE:,.1f} GB"


def _dollars(amount: float) -> str:
    return f"{amount:,.0f}"


def main(arguments: list[str]) -> int:
    """Print the tables; 1 where something was not measured yet, which is named."""
    inputs = decoded(Path(arguments[0] if arguments else PRICES).read_text(encoding="utf-8"))
    try:
        measured = measures(read())
    except KeyError as missing:
        print(missing.args[0], file=sys.stderr)
        return 1
    show(inputs, measured, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
