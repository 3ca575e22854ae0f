"""The backups of a site, put together."""

from collections.abc import Sequence

from application.backups.committing import Committing
from application.backups.delivery import Delivery
from application.backups.erasing import BackedUp
from application.backups.ground import Ground
from application.backups.pruning import Pruning
from application.backups.shipping import Shipper
from application.backups.snapshots import Snapshotting
from application.backups.status import Status, status_of
from application.backups.uses import NamedGenerations
from application.backups.vault_copies import VaultCopies
from application.backups.verification import Verifying
from application.backups.verifying import Verifier
from application.drills.job import Drilling, Drills
from application.maintenance.jobs import Job
from domain.backups.retention import Retention
from domain.retention import RetentionPolicy
from ports.sources import Random
from ports.storage import Storage


class Backups:
    """What ships, takes snapshots, verifies and prunes for one process."""

    def __init__(
        self,
        ground: Ground,
        vault: Storage,
        retention: Retention,
        policy: RetentionPolicy,
        random: Random,
        *,
        cloud: str | None,
        prune: bool,
        drills: Drills,
    ) -> None:
        """Back up the key vault that lies in `vault`; `cloud` is the site's own, None where nobody knows it."""
        self.ground = ground
        self.cloud = cloud
        self.delivery = Delivery(ground, retention)
        self.vault = VaultCopies(ground, vault)
        self.committing = Committing(ground, self.vault, self.delivery)
        self.shipper = Shipper(ground, self.committing, self.delivery, random)
        self.snapshotting = Snapshotting(ground, self.shipper, random)
        self.verifier = Verifier(ground, retention)
        self.verifying = Verifying(ground, self.verifier)
        self.pruning = Pruning(ground, retention, policy.soft_delete)
        self.copies = BackedUp(ground, self.shipper.ship)
        self.uses = NamedGenerations(ground)
        self.drilling = Drilling(ground, drills.elsewhere)
        self.deep = drills.deep
        self._prune = prune

    @property
    def jobs(self) -> Sequence[Job]:
        """Return what maintenance does for the backups."""
        return (self.snapshotting, self.verifying, self.drilling, *((self.pruning,) if self._prune else ()))

    async def status(self) -> Status:
        """Return how the backups stand; raises what the storage raises."""
        return await status_of(self.ground, self.cloud)
