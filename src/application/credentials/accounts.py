"""The accounts that a site logs in by, and what is to be seen of each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from application.credentials.agreements import Agreements
from application.credentials.kept import History, KeptAddress
from domain.credentials import Standing, partner
from ports.credentials import Login, Logins, Proof
from ports.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How a site logs in at one of its parts."""

    part: str
    """As in `storage`; names the account in findings, records and reports."""

    logins: Logins
    address: str = field(repr=False)
    """As it stood when the site was opened; may hold a password."""

    kept: KeptAddress | None = None
    """Where the address is kept among the site's secrets, if it is."""

    open: Callable[[str], Awaitable[Storage]]
    """Opens the part by another address, beside the one in use; raises PermissionDenied for a refused login."""

    administrator: KeptAddress | None = None
    """Whoever may change the password; without one, the user himself may."""

    alternates: bool = True
    """Whether two users take turns; else one user changes the password that he alone uses, as administrators do."""

    def next_user(self, user: str) -> str:
        """Return who logs in after that user: himself where he takes turns with nobody."""
        return (partner(user) or user) if self.alternates else user


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaceable:
    """A password that can be replaced."""

    kept: KeptAddress
    history: History
    standing: Standing
    user: str
    next_user: str
    """Who logs in next: another one where users alternate, if only the user's name tells who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is to be seen of an account now."""

    account: Account
    login: Login
    address: str = field(repr=False)
    """The newest; may hold a password."""

    older: tuple[str, ...] = field(repr=False, default=())
    """Earlier versions that can still be read; may hold passwords."""

    password: Replaceable | None = None
    """None where there is none, or it is not kept among the secrets."""


async def look(account: Account, agreements: Agreements) -> Sight:
    """Look at the account's newest address; raises what the store of secrets, `Records` and `Logins.login` raise."""
    if account.kept is None:
        return Sight(account=account, login=account.logins.login(account.address), address=account.address)
    history = await account.kept.history()
    address, older = history.newest.address, tuple(kept.address for kept in history.versions[1:])
    login = account.logins.login(address)
    password = None
    if login.proof is Proof.PASSWORD and login.user is not None:
        agreement = await agreements.find(account.part, history.newest.version)
        standing = Standing(
            made=history.put[_oldest_of(login, account, history)],
            put=history.put[0],
            settled=agreement.settled,
            begun=agreement.password is not None,
        )
        password = Replaceable(
            kept=account.kept,
            history=history,
            standing=standing,
            user=login.user,
            next_user=account.next_user(login.user),
        )
    return Sight(account=account, login=login, address=address, older=older, password=password)


def _oldest_of(login: Login, account: Account, history: History) -> int:
    """Return the position of the version that the password may be as old as.

    Where users alternate, a version of the same user is another way to write the address: its password is no newer.
    """
    last = 0
    if account.alternates:
        for position, kept in enumerate(history.versions):
            if account.logins.login(kept.address) != login:
                break
            last = position
    return last
