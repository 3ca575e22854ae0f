"""Storages whose addresses are kept among the secrets follow to the newest version while they are open."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from application.credentials.kept import KeptAddress
from application.credentials.switching import Following, open_following
from entrypoints.configuration_addresses import REFERENCE, Address, parse_address
from entrypoints.configuration_file import Settings
from entrypoints.http.services import Check
from entrypoints.logins import logins_for
from entrypoints.schemes import kind_of
from ports.secrets import SecretStore
from ports.sources import Monotonic, Random, Sleep
from ports.storage import Storage

Open: TypeAlias = Callable[[Address], Awaitable[Storage]]


class Followers:
    """Everything of one site that follows its secrets."""

    def __init__(self, settings: Settings, monotonic: Monotonic, random: Random, sleep: Sleep) -> None:
        """Take the settings as they are written, with no reference followed."""
        self.secrets: SecretStore | None = None
        """Where the references lead; must be open for as long as what is opened here."""

        self.checks: dict[str, Check] = {}
        """How to ask whether each follower has followed, by its part."""

        self._names = {each.key: each.location for each in settings.addresses if each.scheme == REFERENCE}
        self._deadline = settings.configuration.site.deadline
        self._poll = settings.configuration.credentials.poll_seconds
        self._monotonic = monotonic
        self._random = random
        self._sleep = sleep

    async def open(self, address: Address, open_part: Open) -> Storage:
        """Open what the address, which has been followed, leads to, and go on following where it was a reference.

        What nobody logs in at follows nothing. Raises what opening and reading the secret raise.
        """
        logins, name = logins_for(address, self._deadline), self._names.get(address.key)
        if self.secrets is None or logins is None or name is None:
            return await open_part(address)
        following = Following(
            kept=KeptAddress(self.secrets, name),
            open=lambda text: open_part(parse_address(address.key, text, address.folder)),
            leads_alike=logins.leads_alike,
            poll=self._poll,
            monotonic=self._monotonic,
            random=self._random,
            sleep=self._sleep,
        )
        storage = await open_following(following)
        self.checks[f"{kind_of(address)} login"] = storage.check_following
        return storage
