"""Ceph's radosgw: a real S3 server, over TLS, with its objects in memory.

It runs inside the chroot of the test servers, where Ceph's packages are installed when they are first asked for.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final
from uuid import uuid4

from tests.free_ports import free_port
from tests.patience import Deadline, patience
from tests.servers.aws import Server
from tests.servers.chroot import chroot_with
from tests.servers.programs import running
from tests.servers.self_signed import write_certificate

_PACKAGES: Final = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
_ACCESS_KEY: Final = "PANORAMA0000000000001"
_SECRET_KEY: Final = "panorama-tests-keep-nothing-secret-here"
_PATIENCE: Final = 30.0
_ENDS: Final = 0.2
"""Nothing is kept, so that no daemon needs to end in order."""

_SETTINGS: Final = """\
[global]
fsid={fsid}
mon host=v2:127.0.0.1:{mon}
mon initial members=a
public addr=127.0.0.1
cluster addr=127.0.0.1
ms bind ipv6=false
osd pool default size=1
osd pool default min size=1
osd pool default pg num=1
osd crush chooseleaf type=0
mon allow pool size one=true
mon max pg per osd=2000
mon warn on pool no redundancy=false
auth allow insecure global id reclaim=false
osd objectstore=memstore
memstore device bytes=2147483648
admin socket={folder}/$name.asok
pid file={folder}/$name.pid
log file={folder}/$name.log
run dir={folder}
keyring={folder}/keyring
mon data={folder}/mon
osd data={folder}/osd
[client.rgw.a]
rgw frontends=beast ssl_endpoint=127.0.0.1:{tls} ssl_certificate={folder}/cert.pem ssl_private_key={folder}/key.pem
rgw enable usage log=false
"""


@contextmanager
def radosgw(log: Path) -> Iterator[Server]:
    """Run a cluster of one monitor, one store in memory and one gateway until the end of the block. Raises NotHere."""
    root = chroot_with(*_PACKAGES)
    outside = Path(mkdtemp(prefix="ceph-", dir=root))
    try:
        with ExitStack() as stack:
            server = _started(root, Path("/") / outside.name, log, stack)
            _warm_up(server)
            yield server
    finally:
        shutil.rmtree(outside)


def _started(root: Path, folder: Path, log: Path, stack: ExitStack) -> Server:
    mon, tls, outside = free_port(), free_port(), root / folder.name
    settings = outside / "ceph.conf"
    settings.write_text(_SETTINGS.format(fsid=uuid4(), mon=mon, tls=tls, folder=folder), encoding="utf-8")
    authority = write_certificate(outside / "cert.pem", outside / "key.pem")
    (outside / "mon").mkdir()
    (outside / "osd").mkdir()
    conf = ["-c", str(folder / "ceph.conf")]
    inside = ["chroot", str(root)]

    def run(*command: str) -> None:
        subprocess.run([*inside, *command], check=True, capture_output=True, timeout=patience(_PATIENCE))

    def serve(port: int | None, *command: str) -> None:
        whole, own_log = [*inside, *command, *conf, "-f"], log / f"{command[0]}.log"
        stack.enter_context(running(whole, port, os.environ, own_log, ends=_ENDS))

    keyring, monmap = str(folder / "keyring"), str(folder / "monmap")
    for name, rights in _RIGHTS.items():
        create = [] if (outside / "keyring").exists() else ["--create-keyring"]
        run("ceph-authtool", *create, keyring, "--gen-key", "-n", name, *rights)
    run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{mon}]", monmap)
    run("ceph-mon", *conf, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
    serve(mon, "ceph-mon", "-i", "a")
    store = str(uuid4())
    _until(lambda: run("ceph", *conf, "--connect-timeout", "5", "osd", "new", store))
    run("ceph", *conf, "auth", "import", "-i", keyring)
    run("ceph-osd", *conf, "-i", "0", "--mkfs", "--osd-uuid", store)
    serve(None, "ceph-osd", "-i", "0")
    serve(tls, "radosgw", "-n", "client.rgw.a")
    run("radosgw-admin", *conf, "user", "create", "--uid=tests", "--display-name=tests",
        f"--access-key={_ACCESS_KEY}", f"--secret={_SECRET_KEY}")  # fmt: skip
    return Server(tls, "https", _ACCESS_KEY, _SECRET_KEY, authority)


def _warm_up(server: Server) -> None:
    """Put a first object, whole and in parts: Ceph makes its pools for it, which takes longer than tests may wait."""
    client = server.s3()
    client.create_bucket(Bucket="first")
    client.put_object(Bucket="first", Key="a", Body=b"1")
    upload = client.create_multipart_upload(Bucket="first", Key="b")["UploadId"]
    client.abort_multipart_upload(Bucket="first", Key="b", UploadId=upload)
    client.close()


_RIGHTS: Final = {
    "mon.": ["--cap", "mon", "allow *"],
    "client.admin": [part for who in ("mon", "osd", "mgr") for part in ("--cap", who, "allow *")],
    "client.rgw.a": ["--cap", "mon", "allow rwx", "--cap", "osd", "allow rwx"],
    "osd.0": ["--cap", "mon", "allow profile osd", "--cap", "osd", "allow *"],
}


def _until(attempt: Callable[[], None]) -> None:
    """Try until it works: a monitor answers a little after it listens."""
    deadline = Deadline(_PATIENCE)
    while True:
        try:
            return attempt()
        except subprocess.SubprocessError:
            if deadline.has_passed():
                raise
            time.sleep(0.5)
