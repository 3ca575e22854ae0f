"""Blob names as paths, and back."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from adapters.local.names import PIECE, part_of_name, path_of
from ports.blobs import NAME_LIMIT

segments = st.one_of(
    st.text(min_size=1).filter(lambda segment: "/" not in segment and segment not in {".", ".."}),
    st.integers(PIECE - 2, 2 * PIECE + 2).map(lambda size: "x" * size),
)
names = (
    st.lists(segments, min_size=1, max_size=5)
    .map("/".join)
    .map(lambda name: name.encode(errors="ignore"))
    .filter(lambda name: 0 < len(name) <= NAME_LIMIT)
)


def name_of(path: Path) -> bytes:
    """Read a name back from its path, as a listing does."""
    parts = [part_of_name(component) for component in path.parts]
    assert [part is not None and part[1] for part in parts] == [False] * (len(parts) - 1) + [True]
    return b"".join(part[0] for part in parts if part)


@given(names)
@example(b"x" * NAME_LIMIT)
@example(b"\xf0\x9f\x98\x80" * (NAME_LIMIT // 4))
def test_a_name_is_read_back_from_its_path(name: bytes) -> None:
    """So no two names share a path."""
    assert name_of(path_of(name)) == name


@given(names)
@example(b"\xff" * NAME_LIMIT)
def test_a_path_can_be_made_on_any_file_system(name: bytes) -> None:
    """Its components are short, of few characters, none a capital, and none leads elsewhere."""
    path = path_of(name)
    assert not path.is_absolute()
    for component in path.parts:
        assert len(component) <= 255
        assert component not in {".", ".."}
        assert set(component) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-%~+@")


@given(names, names)
def test_names_that_differ_in_case_only_have_different_paths(first: bytes, second: bytes) -> None:
    """Also where a file system takes capitals for the same letters."""
    if first != second:
        assert str(path_of(first)).lower() != str(path_of(second)).lower()
    assert path_of(b"a/B") != path_of(b"a/b")


def test_paths_can_be_read() -> None:
    """An operator recognises the name."""
    assert path_of(b"segments/2026-01/0001.seg") == Path("segments+/2026-01+/0001.seg@")
    assert path_of(b"A b") == Path("%41%20b@")


def test_strange_files_are_no_blobs() -> None:
    """What this service has not put there is passed over."""
    for component in ("lost+found", ".DS_Store", "a", "A@", "a%4@", "a%4A@", "ü@", ""):
        assert part_of_name(component) is None
