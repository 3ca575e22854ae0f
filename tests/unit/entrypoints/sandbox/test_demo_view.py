"""The demo draws panoramas so that what has changed can be seen."""

import io

from rich.console import Console

from entrypoints.sandbox.demo_client import Outline
from entrypoints.sandbox.demo_view import Mark, drawing, marks

BEFORE = Outline(
    id="p",
    version="1.1",
    name="[red]Roadmap",
    nodes=[("a", 1, "GROUP", "A", 0), ("b", 2, "ISSUE", 7, 0), ("c", 2, "NOTE", "C", 0), ("d", 1, "GROUP", "D", 0)],
)
AFTER = Outline(
    id="p",
    version="1.2",
    name="[red]Roadmap",
    nodes=[
        ("a", 1, "GROUP", "A", 0),
        ("c", 2, "NOTE", "C!", 0),
        ("d", 1, "GROUP", "D", 0),
        ("b", 2, "ISSUE", 7, 0),
        ("e", 2, "NOTE", "E", 0),
        ("f", 2, "NOTE", "F", 0),
    ],
)


def drawn(outline: Outline, marked: dict[str, Mark], *, whole: bool = False) -> list[str]:
    """Return the lines of a drawing."""
    shown = io.StringIO()
    Console(file=shown, width=80).print(drawing(outline, marked, whole=whole))
    return [line.rstrip() for line in shown.getvalue().splitlines()]


def test_what_is_new_moved_changed_or_back_is_marked() -> None:
    """A node that was there at any time before is back, not new."""
    assert marks(BEFORE, AFTER, {"f"}) == {"c": Mark.CHANGED, "b": Mark.MOVED, "e": Mark.NEW, "f": Mark.BACK}
    assert set(marks(None, BEFORE, set()).values()) == {Mark.NEW}


def test_a_branch_in_which_nothing_stands_out_is_folded() -> None:
    """The number of what is below is told; the name is text, not markup."""
    assert drawn(BEFORE, {"d": Mark.NEW}) == [
        "[red]Roadmap  (version 1.1, 4 nodes)",
        "├── A  … 2 below",
        "└── D  new",
    ]


def test_the_whole_tree_can_be_drawn() -> None:
    """Nothing is folded then."""
    assert drawn(BEFORE, {}, whole=True)[1:] == ["├── A", "│   ├── issue 7", "│   └── C", "└── D"]
