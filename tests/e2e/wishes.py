"""Actions as a client writes them."""

from typing import Any


def add_issue(issue: int, node: int | None = None, under: str | int | None = None) -> dict[str, Any]:
    """Return the action that adds an issue."""
    action: dict[str, Any] = {"action": "add", "kind": "ISSUE", "issue": issue, "place": {"under": under}}
    return action if node is None else {**action, "node": node}


def add_note(title: str, under: str | int | None = None) -> dict[str, Any]:
    """Return the action that adds a note."""
    return {"action": "add", "kind": "NOTE", "title": title, "place": {"under": under}}


def batch(*actions: dict[str, Any]) -> dict[str, Any]:
    """Return the body that asks for these actions."""
    return {"actions": list(actions)}
