"""Which wraps are to be made anew."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from domain.keys import Generation, State, destroy
from domain.wraps import Primary, lacking, outdated

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def wrapped_by(*names: str, **versions: str) -> Generation:
    """A generation with wraps of these names, some of which have noted their version."""
    return Generation(1, State.ACTIVE, NOW, dict.fromkeys(names, b"wrap"), versions=versions)


def test_every_key_manager_has_a_wrap() -> None:
    """Whoever was configured later lacks one, and gets none of what is destroyed."""
    generation = wrapped_by("east", "old")
    assert lacking(generation, ["east", "west", "recovery"]) == {"west", "recovery"}
    assert lacking(destroy(generation, NOW), ["east", "west"]) == set()


def test_a_wrap_of_another_version_is_outdated() -> None:
    """Where the version was noted, that decides; a missing wrap is not outdated."""
    generation = wrapped_by("east", "west", east="1", west="2")
    newest = {name: Primary("2", NOW + DAY) for name in ("east", "west", "north")}
    assert outdated(generation, newest) == {"east"}
    assert outdated(generation, {}) == set()


def test_a_wrap_whose_version_nobody_noted_is_as_old_as_its_generation() -> None:
    """It is outdated if the newest version was made later, or if nobody knows when."""
    generation = wrapped_by("east")
    assert outdated(generation, {"east": Primary("2", NOW)}) == set()
    assert outdated(generation, {"east": Primary("2", NOW + DAY)}) == {"east"}
    assert outdated(generation, {"east": Primary("2")}) == {"east"}
    assert outdated(replace(generation, versions={"east": "2"}), {"east": Primary("2")}) == set()
