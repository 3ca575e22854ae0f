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


@pytest.mark.parametrize("path", ["/data/store.db", "/share/local/store.db", "/shared/store.db"])
def test_a_local_file_system_is_taken(path: str, table: Path) -> None:
    """The innermost mount counts, and a name that begins alike is another place."""
    check_local(Path(path), table)


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
    with pytest.raises(Unsupported, match=file_system):
        check_local(Path(path), table)


def test_a_system_without_a_table_is_trusted(tmp_path: Path) -> None:
    """Where mounts cannot be listed, nothing is refused."""
    check_local(tmp_path / "store.db", tmp_path / "missing")
