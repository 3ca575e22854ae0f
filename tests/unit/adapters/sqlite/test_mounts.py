"""Which file systems are refused, by the kernel's own table."""

from pathlib import Path

import pytest

from adapters.sqlite.mounts import check_local
from ports.errors import Unsupported

TABLE = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
40 22 0:52 / /share rw,relatime master:7 - nfs4 server:/export rw,vers=4.2
41 40 254:1 / /share/local rw - xfs /dev/vdb rw
42 22 0:53 / /with\040space rw - fuse.sshfs someone@there:/ rw
43 22 254:2 / /twice rw - ext4 /dev/vdc rw
44 22 0:54 / /twice rw - cifs //server/twice rw
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A mount table as Linux shows it."""
    file = tmp_path / "mountinfo"
    file.write_text(TABLE.lstrip())
    return file


def refused(path: str, table: Path) -> str | None:
    """Return what is said against a path; None where it is taken."""
    try:
        check_local(Path(path), table)
    except Unsupported as said:
        return str(said)
    return None


@pytest.mark.parametrize(
    ("path", "neighbour"),
    [
        ("/data/store.db", "/twice/store.db"),
        ("/share/local/store.db", "/share/store.db"),
        ("/shared/store.db", "/share/d/store.db"),
    ],
)
def test_a_local_file_system_is_taken(path: str, neighbour: str, table: Path) -> None:
    """The innermost mount counts, and a name that begins alike is another place: its neighbour is refused."""
    assert refused(path, table) is None
    assert refused(neighbour, table) is not None


@pytest.mark.parametrize(
    ("path", "file_system"),
    [
        ("/share/store.db", "nfs4"),
        ("/with space/store.db", "fuse.sshfs"),
        ("/twice/store.db", "cifs"),
    ],
)
def test_a_network_file_system_is_refused_by_name(path: str, file_system: str, table: Path) -> None:
    """Other machines could write to it unseen; of two mounts in one place the later counts."""
    assert file_system in (refused(path, table) or "")


def test_a_system_without_a_table_is_trusted(table: Path) -> None:
    """Where mounts cannot be listed, nothing is refused, whatever a table would have said."""
    assert refused("/share/store.db", table) is not None
    table.unlink()
    assert refused("/share/store.db", table) is None
