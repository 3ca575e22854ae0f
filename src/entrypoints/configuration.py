"""What can be configured. Every key, its default and its environment variable stand in docs/configuration.md."""

from typing import Annotated, Final, TypeAlias

import msgspec

from application.backups.settings import Settings as BackupSettings
from application.credentials.settings import Settings as CredentialSettings
from application.keys.settings import Settings as KeySettings
from application.maintenance.settings import Settings as MaintenanceSettings
from application.panoramas.settings import Settings as PanoramaSettings
from application.retention.settings import Days
from application.retention.settings import Settings as RetentionSettings
from domain.retention import RetentionPolicy
from entrypoints.http.settings import HttpSettings, Listen
from entrypoints.token_settings import FORGE_KEYS, HOST_SUFFIXES, INSTALL_KEYS, PRODUCTION

Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=60)]
"""How long an outside call may take."""

LOCAL: Final = "local"
"""The region of what is on the machine itself."""

REGIONS: Final = (LOCAL, "us", "us-*", "nam4")
"""The machine itself; AWS's and Google's regions in the United States, its multi-region and its dual region there."""

EMBEDDED: Final = "local"
"""The name of the site that is there without any configuration."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file; a key that it does not know is refused."""


class App(Section, frozen=True):
    """What the app is to Jira, and whose word it takes."""

    key: str = "panorama"
    """The app's key in its descriptor."""

    base_urls: tuple[str, ...] = ()
    """Every address that the app is installed under, all regions; none: where the server listens."""

    key_servers: tuple[str, ...] = (INSTALL_KEYS,)
    """Where the public keys of lifecycle tokens come from, asked in this order."""

    host_suffixes: tuple[str, ...] = HOST_SUFFIXES
    """What the host name of a Jira site must end with."""

    forge_app: str | None = None
    """The app's ARI, the audience of Forge Invocation Tokens; none: no such token is accepted."""

    forge_keys: str = FORGE_KEYS
    """The JWKS document that Forge signs its tokens with."""

    forge_environments: tuple[str, ...] = (PRODUCTION,)
    """The environments of the app whose tokens are accepted: PRODUCTION, STAGING or DEVELOPMENT."""

    forge_isolated_cloud: str | None = None
    """The label of the isolated cloud that `forge_keys` belongs to; none: tokens of such a cloud are refused."""

    reports_accounts: bool = True
    """Whether Jira is told which accounts are kept, as Atlassian demands of every app that keeps any."""

    @property
    def is_on_forge(self) -> bool:
        """Whether tokens of Forge are accepted."""
        return self.forge_app is not None


class Site(Section, frozen=True):
    """One complete place to run: where records, wraps, wrapping keys and blobs are."""

    storage: str
    """The address of the sealed records, or a reference to where the address is kept."""

    vault: str
    """The address of the wrapped data keys, apart from what they seal; or a reference likewise."""

    keys: tuple[str, ...]
    """The address of every key manager that wraps each data key."""

    region: str = LOCAL
    """Where the site is; what its addresses do not say of themselves is taken to be there."""

    blobs: tuple[str, ...] = ()
    """The address of every blob store that backups go to."""

    secrets: str | None = None
    """The address of the secrets that values of this site may refer to, as `secret:NAME`."""

    storage_administrator: str | None = None
    """Who may change the storage's passwords: a reference to an address among the secrets, or none."""

    vault_administrator: str | None = None
    """Who may change the vault's, likewise."""

    recovery_key: str | None = None
    """The public half of the offline recovery key: a reference to a PEM file, or none."""

    deadline: Seconds = 5.0
    """The most seconds that one call to the storage or the vault may take."""

    soft_delete_days: Days = 0.0
    """For how many days the providers of its vault and blob stores keep what has been deleted there."""


EMBEDDED_SITE: Final = Site(
    storage="sqlite:storage.db",
    vault="sqlite:vault.db",
    keys=("file:keyring",),
    blobs=("dir:blobs",),
    secrets="file:secrets?keyring=keyring",
)
"""Everything in files of the data directory."""


class Control(Section, frozen=True):
    """Where it is kept which site may write."""

    stores: tuple[str, ...] = ()
    """The addresses of the control stores, an odd number, no majority of them in one cloud; none: no failover."""


EMBEDDED_CONTROL: Final = Control(stores=("dir:control",))
"""One store on the same disk."""


class Configuration(Section, frozen=True):
    """All of it, as written: references to secrets are not followed here."""

    data: str = "data"
    """The data directory; relative paths of addresses lie in it."""

    active: str = EMBEDDED
    """The name of the site that this process runs on."""

    regions: tuple[str, ...] = REGIONS
    """Where data and keys may be, of all sites; `*` at the end stands for any continuation."""

    app: App = App()
    server: Listen = Listen()
    http: HttpSettings = HttpSettings()
    panoramas: PanoramaSettings = PanoramaSettings()
    control: Control = Control()
    keys: KeySettings = KeySettings()
    retention: RetentionSettings = RetentionSettings()
    backups: BackupSettings = BackupSettings()
    credentials: CredentialSettings = CredentialSettings()
    maintenance: MaintenanceSettings = MaintenanceSettings()
    sites: dict[str, Site] = msgspec.field(default_factory=lambda: {EMBEDDED: EMBEDDED_SITE})

    @property
    def site(self) -> Site:
        """Return the active site."""
        return self.sites[self.active]

    @property
    def policy(self) -> RetentionPolicy:
        """Return how long the active site keeps what a removed one has left behind."""
        return self.retention.policy(self.site.soft_delete_days)

    @property
    def base_urls(self) -> tuple[str, ...]:
        """Return the addresses that the app is known by: those configured, else the one that it listens at."""
        return self.app.base_urls or (f"http://{self.server.host}:{self.server.port}",)
