"""Writes a panorama as a table for spreadsheets; nothing reads it back in."""

import csv
import io
from codecs import BOM_UTF8
from datetime import UTC, datetime
from typing import Final

import msgspec

from application.exchange.formulas import harmless
from domain.ids import NodeId
from domain.panoramas.tree import Node, Tree

COLUMNS: Final = ("depth", "id", "parent", "kind", "issue", "title", "creator", "created", "updated")
"""The first line; depth 1 is right below the root, times are in UTC."""


class Table(msgspec.Struct, frozen=True):
    """How a table is written."""

    bom: bool = False
    """Whether a byte order mark comes first, without which Excel takes the file for another encoding than UTF-8."""

    excel: bool = False
    """Whether ids are written as texts, and times as a spreadsheet reads them.

    A spreadsheet makes numbers of ids: it rounds those of more than 15 digits, and takes `65920080143e1000` for a
    power of ten.
    """


PLAIN: Final = Table()


def export_csv(tree: Tree, table: Table = PLAIN) -> bytes:
    """Return one line for each node, depth-first, in RFC 4180's form and UTF-8; titles are made harmless."""
    written = io.StringIO(newline="")
    lines = csv.writer(written)
    lines.writerow(COLUMNS)
    depths: dict[NodeId, int] = {tree.root: 0}
    for node in tree.walk():
        depths[node.id] = depth = depths[node.parent] + 1
        lines.writerow(_line(node, depth, table))
    return (BOM_UTF8 if table.bom else b"") + written.getvalue().encode()


def _line(node: Node, depth: int, table: Table) -> tuple[str, ...]:
    identity, moment = (_text_formula, _spreadsheet_time) if table.excel else (str, _time)
    return (
        str(depth),
        identity(node.id),
        identity(node.parent),
        node.kind.value,
        "" if node.issue is None else identity(str(node.issue)),
        harmless(node.title or ""),
        identity(node.creator),
        moment(node.created),
        moment(node.updated),
    )


def _text_formula(identity: str) -> str:
    """Return a formula that is a text, and nothing else; ids are hex digits, so that none ends it."""
    return f'="{identity}"'


def _time(moment: datetime) -> str:
    """RFC 3339 in UTC, always with three decimals."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _spreadsheet_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
