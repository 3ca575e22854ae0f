"""Containers of the image, run with podman as strictly as a cloud runs them."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

from tests.deploy.packaging import packaging
from tests.patience import patience
from tests.shared_material import REPOSITORY

_STRICT: Final = (
    *("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--network=host"),
    # The limits of this machine are not everywhere podman's to raise.
    *("--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096"),
)
"""As a cloud runs it, but for the network, which is this machine's own."""

_BUILDING: Final = 1_800.0
_PATIENCE: Final = 60.0


class Image(NamedTuple):
    """An image that has been built."""

    id: str
    size: int
    """In bytes."""


class Container:
    """One running container."""

    def __init__(self, name: str) -> None:
        self.name = name

    def inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run something in it, beside the service."""
        return podman("exec", self.name, *command, check=False)

    def state(self) -> dict[str, Any]:
        """Return what podman says of it."""
        (found,) = json.loads(podman("inspect", self.name).stdout)
        state: dict[str, Any] = found["State"]
        return state

    def stop(self) -> int:
        """Ask it to end as an orchestrator does; return its exit code."""
        podman("stop", "--time", "20", self.name)
        return int(self.state()["ExitCode"])


def built() -> Image:
    """Build the image; what has not changed is taken from the build before."""
    with packaging():
        made = subprocess.run(
            [REPOSITORY / "deploy/image/build", "localhost/panorama:tests"],
            capture_output=True,
            text=True,
            timeout=patience(_BUILDING),
            check=False,
        )
    assert made.returncode == 0, made.stderr[-2_000:]
    found, size = made.stdout.split()[-2:]
    return Image(found, int(size))


def podman(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run podman at the images of the build."""
    base = os.environ.get("PANORAMA_IMAGES")
    images = Path(base) if base else Path.home() / ".cache" / "panorama-images"
    command = ["podman", "--root", str(images / "store"), "--runroot", str(images / "run")]
    options = ["--cgroup-manager", "cgroupfs", "--runtime", "runc"]
    done = subprocess.run(
        [*command, *options, *words], capture_output=True, text=True, timeout=patience(_PATIENCE), check=False
    )
    assert not check or done.returncode == 0, done.stderr[-2_000:]
    return done


def once(image: Image, *options: str, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one command in a container of its own, without any data."""
    return podman("run", "--rm", *_STRICT, *options, image.id, *command, check=False)


@contextmanager
def serving(image: Image, data: Path, port: int) -> Iterator[Container]:
    """Serve a data directory at a port of this machine until the end of the block."""
    name = f"panorama-{uuid4().hex[:8]}"
    port_there = f"--env=PANORAMA_SERVER__PORT={port}"
    podman("run", "--detach", f"--name={name}", *_STRICT, f"--volume={data}:/data", port_there, image.id)
    try:
        yield Container(name)
    finally:
        podman("rm", "--force", "--time", "1", name, check=False)
