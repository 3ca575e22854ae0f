"""What all parts of a site's backups stand on."""

from collections.abc import Callable, Sequence

from application.backups.book import Book
from application.backups.losses import Losses
from application.backups.sizes import SIZES, Sizes
from application.backups.spreading import PATIENCE, Spreading
from application.backups.states import States
from application.backups.stores import Store
from ports.sources import Clock
from ports.storage import Storage


class Ground:
    """A site's storage and blob stores, and what is kept in the storage about the backups."""

    def __init__(
        self,
        storage: Storage,
        stores: Sequence[Store],
        site: str,
        epoch: Callable[[], int],
        clock: Clock,
        patience: float = PATIENCE,
        sizes: Sizes = SIZES,
    ) -> None:
        """Ship in the epoch that `epoch` returns at that moment; in none while it returns NOBODYS."""
        self.storage = storage
        self.stores = tuple(stores)
        self.site = site
        self.epoch = epoch
        self.clock = clock
        self.sizes = sizes
        self.book = Book(storage, clock)
        self.states = States(storage, clock)
        self.losses = Losses(storage, clock)
        self.patience = patience
        self.spreading = Spreading(self.stores, patience)
