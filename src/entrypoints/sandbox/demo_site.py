"""The Jira site that the demo plays: kept in the data directory, so that the next run goes on with it."""

from pathlib import Path
from typing import Final

import msgspec

from entrypoints.private_files import write_private
from entrypoints.sandbox.forge import ForgeSite
from entrypoints.sandbox.jira import ConnectSite, SandboxJira

_FILE: Final = "demo-site.json"
_FORGE_FILE: Final = "demo-forge-site.json"


class DemoSite(msgspec.Struct, frozen=True):
    """What has to be remembered of the site."""

    client_key: str
    shared_secret: str

    def __repr__(self) -> str:
        """Leave out the secret, so that no log and no traceback holds it."""
        return f"DemoSite(client_key={self.client_key!r})"


def remembered_site(folder: Path, jira: SandboxJira) -> tuple[ConnectSite, bool]:
    """Return the demo's site and whether an earlier run left it; a new one is kept with mode 0600."""
    path = folder / _FILE
    try:
        known = msgspec.json.decode(path.read_bytes(), type=DemoSite)
    except FileNotFoundError:
        site = jira.new_site()
        write_private(path, msgspec.json.encode(DemoSite(site.client_key, site.shared_secret)))
        return site, False
    return ConnectSite(client_key=known.client_key, shared_secret=known.shared_secret), True


def remembered_forge_site(folder: Path, jira: SandboxJira) -> ForgeSite:
    """Return the demo's site with Forge, as an earlier run left it or a new one."""
    path = folder / _FORGE_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=ForgeSite)
    except FileNotFoundError:
        site = jira.new_forge_site()
        write_private(path, msgspec.json.encode(site))
        return site
