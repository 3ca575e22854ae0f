"""What a site consists of outside the process."""

from dataclasses import dataclass

from application.backups.stores import Store
from application.keys.vault import KeyVault
from entrypoints.core_services import Check
from entrypoints.following import Followers
from ports.blobs import BlobStore
from ports.keys import KeyManager
from ports.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything outside the process that a site consists of, opened."""

    storage: Storage
    own: Storage
    """The same storage without the fence, for what is this site's alone and concerns no tenant."""

    vault: KeyVault
    keys: tuple[KeyManager, ...]
    """Closed by the vault."""

    vault_storage: Storage
    """Closed by the vault, too."""

    stores: tuple[Store, ...]
    followers: Followers
    """What follows the site's secrets, and how somebody logs in there."""

    @property
    def blobs(self) -> tuple[BlobStore, ...]:
        """Return the blob stores."""
        return tuple(store.blobs for store in self.stores)

    @property
    def checks(self) -> dict[str, Check]:
        """Return how to ask each part without which nothing is served."""
        return {"storage": self.storage.check, "vault": self.vault.check}

    @property
    def spares(self) -> dict[str, Check]:
        """Return how to ask each part that can be done without for a while."""
        keys = {f"keys {number}": manager.describe for number, manager in enumerate(self.keys, start=1)}
        blobs = {f"blobs {number}": store.check for number, store in enumerate(self.blobs, start=1)}
        return {**self.followers.checks, **keys, **blobs}
