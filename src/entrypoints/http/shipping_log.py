"""What is logged of shipping: what changed for the worse or the better, and not each cycle."""

from collections.abc import Sequence

from application.backups.shipping import Shipped
from application.maintenance.states import Failure
from entrypoints.http.logs import Log


class ShippingLog:
    """Writes a line where a cycle begins or ceases to fail, and where a store does. Stores go by their numbers."""

    def __init__(self, log: Log, stores: Sequence[str]) -> None:
        self._log = log
        self._stores = {name: f"blobs {number}" for number, name in enumerate(stores, start=1)}
        self._failure: Failure | None = None
        self._behind: dict[str, str] = {}

    def tell(self, shipped: Shipped) -> None:
        """Take note of a cycle."""
        if shipped.failure != self._failure:
            self._failure = shipped.failure
            if shipped.failure is None:
                self._log.info("shipping-recovered")
            else:
                self._log.error("shipping-failed", reason=shipped.failure.code, where=shipped.failure.where)
        if shipped.failure is None:
            self._tell_stores(shipped.behind)

    def _tell_stores(self, behind: dict[str, str]) -> None:
        for store, code in behind.items():
            if self._behind.get(store) != code:
                self._log.warning("store-behind", store=self._stores[store], reason=code)
        for store in self._behind.keys() - behind.keys():
            self._log.info("store-recovered", store=self._stores[store])
        self._behind = dict(behind)
