"""Writes a panorama as a table for spreadsheets; nothing reads it back in."""

import csv
import io
from typing import Final

from domain.ids import NodeId
from domain.panoramas.tree import Tree

COLUMNS: Final = ("depth", "id", "parent", "kind", "issue", "title", "creator", "created", "updated")
"""The first line; depth 1 is right below the root, times are RFC 3339 in UTC."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def export_csv(tree: Tree) -> bytes:
    """Return one line for each node, depth-first, in RFC 4180's form and UTF-8.

    A title that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection").
    """
    table = io.StringIO(newline="")
    lines = csv.writer(table)
    lines.writerow(COLUMNS)
    depths: dict[NodeId, int] = {tree.root: 0}
    for node in tree.walk():
        depths[node.id] = depth = depths[node.parent] + 1
        title = _harmless(node.title or "")
        times = node.created.isoformat(), node.updated.isoformat()
        lines.writerow((depth, node.id, node.parent, node.kind.value, node.issue or "", title, node.creator, *times))
    return table.getvalue().encode()


def _harmless(title: str) -> str:
    return f"'{title}" if title.startswith(_FORMULA) else title
