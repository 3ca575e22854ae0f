"""Storages whose addresses are kept among the secrets follow to the newest version while they are open."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

from application.credentials.accounts import Account
from application.credentials.kept import KeptAddress
from application.credentials.switching import Following, open_following
from entrypoints.configuration_addresses import REFERENCE, Address, parse_address
from entrypoints.configuration_file import Settings
from entrypoints.core_services import Check
from entrypoints.logins import logins_for
from entrypoints.schemes import kind_of
from ports.secrets import SecretStore
from ports.sources import Monotonic, Random, Sleep
from ports.storage import Storage

Open: TypeAlias = Callable[[Address], Awaitable[Storage]]


class Followers:
    """Everything of one site that follows its secrets, and how somebody logs in there."""

    def __init__(self, settings: Settings, monotonic: Monotonic, random: Random, sleep: Sleep) -> None:
        """Take the settings as they are written, with no reference followed."""
        self.secrets: SecretStore | None = None
        """Where the references lead; must be open for as long as what is opened here."""

        self.checks: dict[str, Check] = {}
        """How to ask whether each follower has followed, by its part."""

        self._accounts: list[Account] = []
        self._names = {each.key: each.location for each in settings.addresses if each.scheme == REFERENCE}
        self._site = settings.configuration.site
        self._poll = settings.configuration.credentials.poll_seconds
        self._monotonic = monotonic
        self._random = random
        self._sleep = sleep

    @property
    def accounts(self) -> list[Account]:
        """Return how somebody logs in at what was opened, administrators first, each once."""
        administrators: dict[str | None, Account] = {}
        for account in self._accounts:
            name = self._administrator(account.part)
            if account.administrator is not None and name not in administrators:
                part = f"{account.part}-administrator"
                administrators[name] = replace(
                    account, part=part, kept=account.administrator, administrator=None, alternates=False
                )
        return [*administrators.values(), *self._accounts]

    async def open(self, address: Address, open_part: Open) -> Storage:
        """Open what the address, which has been followed, leads to, and go on following where it was a reference.

        What nobody logs in at follows nothing. Raises what opening and reading the secret raise.
        """
        account = self.account(address, open_part)
        if account is None or account.kept is None:
            return await open_part(address)
        following = Following(
            kept=account.kept,
            open=account.open,
            leads_alike=account.logins.leads_alike,
            poll=self._poll,
            monotonic=self._monotonic,
            random=self._random,
            sleep=self._sleep,
        )
        storage = await open_following(following)
        self.checks[f"{account.part} login"] = storage.check_following
        return storage

    def account(self, address: Address, open_part: Open) -> Account | None:
        """Remember and return how somebody logs in at what the address leads to; None where nobody does."""
        logins = logins_for(address, self._site.deadline)
        if logins is None:
            return None

        async def opened(text: str) -> Storage:
            return await open_part(parse_address(address.key, text, address.folder))

        part = kind_of(address)
        account = Account(
            part=part,
            logins=logins,
            address=address.url,
            kept=self._kept(self._names.get(address.key)),
            open=opened,
            administrator=self._kept(self._administrator(part)),
        )
        self._accounts.append(account)
        return account

    def _kept(self, name: str | None) -> KeptAddress | None:
        return None if self.secrets is None or name is None else KeptAddress(self.secrets, name)

    def _administrator(self, part: str) -> str | None:
        """Return the name of the secret that the administrator's address is kept as."""
        references = {"storage": self._site.storage_administrator, "vault": self._site.vault_administrator}
        reference = references[part]
        return None if reference is None else reference.removeprefix(f"{REFERENCE}:")
