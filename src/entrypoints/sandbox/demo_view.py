"""Draws panoramas for the demo."""

from collections.abc import Collection, Iterator, Mapping
from enum import Enum

from rich.text import Text
from rich.tree import Tree

from entrypoints.sandbox.demo_client import Outline

_STYLES = {"GROUP": "bold", "NOTE": "italic", "ISSUE": ""}


class Mark(Enum):
    """Why a node stands out."""

    NEW = "green"
    BACK = "blue"
    MOVED = "yellow"
    CHANGED = "magenta"


def marks(before: Outline | None, after: Outline, known: Collection[str]) -> dict[str, Mark]:
    """Return what is different in `after`, by node; `known` nodes were there at any time."""
    parents = {} if before is None else dict(_parents(before))
    texts = {} if before is None else {row[0]: row[3] for row in before.nodes}
    found = {}
    for (node, parent), row in zip(_parents(after), after.nodes, strict=True):
        if node not in parents:
            found[node] = Mark.BACK if node in known else Mark.NEW
        elif parents[node] != parent:
            found[node] = Mark.MOVED
        elif texts[node] != row[3]:
            found[node] = Mark.CHANGED
    return found


def drawing(outline: Outline, marked: Mapping[str, Mark], *, whole: bool = False) -> Tree:
    """Draw the panorama; unless `whole`, a branch in which nothing stands out is folded."""
    tree = Tree(Text(f"{outline.name}  (version {outline.version}, {len(outline.nodes)} nodes)", "bold cyan"))
    above = [tree]
    fold = 0
    for position, (node, depth, kind, text, _) in enumerate(outline.nodes):
        if fold and depth > fold:
            continue
        below = list(_below(outline, position))
        fold = 0 if whole or not below or any(each in marked for each in below) else depth
        label = _label(kind, text, marked.get(node), len(below) if fold else 0)
        del above[depth:]
        above.append(above[-1].add(label))
    return tree


def _parents(outline: Outline) -> Iterator[tuple[str, str]]:
    above = [""]
    for node, depth, *_ in outline.nodes:
        del above[depth:]
        yield node, above[-1]
        above.append(node)


def _below(outline: Outline, position: int) -> Iterator[str]:
    top = outline.nodes[position][1]
    for node, depth, *_ in outline.nodes[position + 1 :]:
        if depth <= top:
            return
        yield node


def _label(kind: str, text: int | str, mark: Mark | None, folded: int) -> Text:
    label = Text(f"issue {text}" if kind == "ISSUE" else str(text), _STYLES[kind])
    if mark is not None:
        label.append(f"  {mark.name.lower()}", mark.value)
    if folded:
        label.append(f"  … {folded} below", "dim")
    return label
