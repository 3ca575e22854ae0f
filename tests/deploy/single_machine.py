"""What `deploy/systemd/install` puts below another root, and an nginx that runs with its configuration."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from tests.deploy.packaging import packaging
from tests.free_ports import free_port
from tests.patience import patience
from tests.servers.self_signed import write_certificate
from tests.shared_material import REPOSITORY

_INSTALLING: Final = 1_800.0
_PATIENCE: Final = 30.0


class Installed(NamedTuple):
    """Another root, with Panorama in it."""

    root: Path

    @property
    def program(self) -> Path:
        """The command."""
        return self.root / "opt/panorama/bin/panorama"

    @property
    def configuration(self) -> Path:
        """The configuration that whoever installs it edits."""
        return self.root / "etc/panorama/panorama.toml"

    @property
    def unit(self) -> Path:
        """What systemd is told."""
        return self.root / "etc/systemd/system/panorama.service"

    @property
    def proxy(self) -> Path:
        """What nginx is told."""
        return self.root / "etc/nginx/conf.d/panorama.conf"

    def install(self) -> None:
        """Install it, perhaps once more."""
        environment = {**os.environ, "DESTDIR": str(self.root), "PYTHON": sys.executable}
        script = REPOSITORY / "deploy/systemd/install"
        with packaging():
            subprocess.run([script], env=environment, check=True, capture_output=True, timeout=patience(_INSTALLING))


class Proxied(NamedTuple):
    """An nginx on ports of its own."""

    tls: int
    plain: int
    folder: Path

    @property
    def authority(self) -> Path:
        """Who vouches for its certificate."""
        return self.folder / "fullchain.pem"

    def written(self) -> str:
        """Return whatever nginx has written of its own accord."""
        return "".join(each.read_text() for each in self.folder.glob("*.log"))


@contextmanager
def proxied(installed: Installed, service: int, folder: Path) -> Iterator[Proxied]:
    """Run nginx with what is installed, for a service at that port."""
    made = Proxied(free_port(), free_port(), folder)
    write_certificate(made.authority, folder / "privkey.pem")
    places = {
        r"\[::\]:443": f"[::1]:{made.tls}",
        r"\[::\]:80\b": f"[::1]:{made.plain}",
        r"listen 443": f"listen 127.0.0.1:{made.tls}",
        r"listen 80\b": f"listen 127.0.0.1:{made.plain}",
        r"127\.0\.0\.1:8080": f"127.0.0.1:{service}",
        r"/etc/panorama/tls|/var/log/nginx": str(folder),
    }
    site = installed.proxy.read_text()
    for here, there in places.items():
        site, count = re.subn(here, there, site)
        assert count, here
    (folder / "site.conf").write_text(site)
    whole = folder / "nginx.conf"
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/main.log;"
        f"events {{}} http {{ {paths} include {folder}/site.conf; }}"
    )
    subprocess.run(["nginx", "-t", "-q", "-c", whole], check=True, timeout=patience(_PATIENCE))
    running = subprocess.Popen(["nginx", "-c", whole])
    try:
        _await(made.plain)
        yield made
    finally:
        running.terminate()
        running.wait(patience(_PATIENCE))


def _await(port: int) -> None:
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport) as client:
        client.get(f"http://127.0.0.1:{port}/")
