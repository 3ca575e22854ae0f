"""Whether somebody logs in at what an address leads to, by its scheme."""

from entrypoints.configuration_addresses import Address
from ports.credentials import Logins


def logins_for(address: Address, deadline: float) -> Logins | None:
    """Return how the address lets somebody in; None where nobody logs in, as at a file of this machine.

    `deadline` is the most seconds that one call to the database may take.
    """
    if address.scheme not in {"mongodb", "mongodb+srv"}:
        return None
    from adapters.mongo.logins import MongoLogins  # noqa: PLC0415 - nobody else waits for the driver to be imported

    return MongoLogins(deadline)
