"""Every link of the pages leads to something that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)")
TARGET = re.compile(r"^\s+make ([a-z]+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_something(page: Path) -> None:
    """Each file or folder that a page points to exists."""
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_the_readme_names_a_test_for_each_promise() -> None:
    """Each line of the table of promises points into the tests."""
    text = (ROOT / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert rows
    assert [row for row in rows if not LINK.search(row) or "tests/" not in row] == []


def test_the_commands_of_the_readme_are_there() -> None:
    """Each `make` command that it shows is a target."""
    makefile = (ROOT / "Makefile").read_text()
    targets = TARGET.findall((ROOT / "README.md").read_text())
    assert targets
    assert [target for target in targets if not re.search(rf"^(\w+ )*{target}( \w+)*:", makefile, re.MULTILINE)] == []
