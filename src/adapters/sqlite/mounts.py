"""Which file system a path lies on: WAL needs shared memory and honest locks, which network ones do not offer."""

import re
from pathlib import Path
from typing import Final

from ports.errors import Unsupported

MOUNT_TABLE: Final = Path("/proc/self/mountinfo")
"""Where Linux lists its mounts, see proc_pid_mountinfo(5); elsewhere it is missing and nothing is refused."""

_REMOTE: Final = re.compile(
    r"nfs4?|cifs|smb3|smbfs|ncpfs|9p|afs|ceph|lustre|beegfs|gpfs|ocfs2|gfs2|orangefs"
    r"|fuse\.(sshfs|glusterfs|s3fs|gcsfuse|rclone|ceph|cephfs|juicefs|davfs2?|smbnetfs|mount-s3)"
)


def check_local(path: Path, mount_table: Path = MOUNT_TABLE) -> None:
    """Raise Unsupported, naming the file system, where other machines may write to the same file."""
    file_system = _file_system_of(path.resolve(), mount_table)
    if _REMOTE.fullmatch(file_system):
        raise Unsupported(f"SQLite needs a local file system, and this one is {file_system}")


def _file_system_of(path: Path, mount_table: Path) -> str:
    """Return the type of the innermost mount that holds the path, the last mounted where several do."""
    if not mount_table.exists():
        return ""
    innermost, file_system = 0, ""
    for line in mount_table.read_text("utf-8", "surrogateescape").splitlines():
        mount, _, source = line.partition(" - ")
        point = Path(_unescaped(mount.split(" ")[4]))
        if path.is_relative_to(point) and len(point.parts) >= innermost:
            innermost, file_system = len(point.parts), source.split(" ")[0]
    return file_system


def _unescaped(text: str) -> str:
    """Space, tab, newline and backslash stand in the table as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
