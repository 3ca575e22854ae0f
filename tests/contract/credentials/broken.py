"""Databases that each break one law, to show that the law bites."""

from collections.abc import Mapping
from typing import NoReturn

from ports.credentials import Login
from ports.errors import InvalidArgument, PermissionDenied, Unavailable
from tests.contract.credentials import laws
from tests.contract.credentials.worlds import USER_PASSWORD
from tests.fakes.credentials import USE, FakeAdministration, FakeLogins, FakeUser
from tests.fakes.storage import MemoryStorage


class MakesUsersWithoutRights(FakeAdministration):
    """Lets new users in, and do nothing."""

    async def create_or_update(self, address: str, like: str) -> None:
        known = set(self.database.users)
        await super().create_or_update(address, like)
        for name in self.database.users.keys() - known:
            self.database.users[name] = FakeUser(self.database.users[name].password, frozenset())


class KeepsThePasswordBefore(FakeAdministration):
    """Changes nothing of somebody known."""

    async def create_or_update(self, address: str, like: str) -> None:
        before = dict(self.database.users)
        await super().create_or_update(address, like)
        self.database.users |= {name: FakeUser(USER_PASSWORD, user.rights) for name, user in before.items()}


class RefusesARepetition(FakeAdministration):
    """Takes a second call for a mistake."""

    async def create_or_update(self, address: str, like: str) -> None:
        if any(user.password in address for user in self.database.users.values()):
            raise InvalidArgument("as it is already")
        await super().create_or_update(address, like)


class DisablesNobody(FakeAdministration):
    """Only says so."""

    async def disable(self, address: str, unknown: str) -> None:
        """Leave everybody as he is."""


class MakesWhomItDisables(FakeAdministration):
    """Does not look whether there is somebody."""

    async def disable(self, address: str, unknown: str) -> None:
        name = str(address.removeprefix("fake://").partition(":")[0])
        self.database.users[name] = FakeUser(unknown, frozenset({USE}))


class _EndsSessions(MemoryStorage):
    """Asks for the password with each call."""

    def __init__(self, logins: FakeLogins, address: str) -> None:
        super().__init__()
        self._logins = logins
        self._address = address

    async def _travel(self) -> None:
        self._logins.database(self._address).entered(self._address)


class EndsWhatIsInUse(FakeLogins):
    """Throws everybody out at once."""

    async def open(self, address: str) -> MemoryStorage:
        await super().open(address)
        return _EndsSessions(self, address)


class AsksNobodysLeave(FakeAdministration):
    """Lets everybody change everything."""

    def _require(self, right: str) -> None:
        self.database.entered(self._address)


class BelievesEverybody(FakeAdministration):
    """Looks at no password of an administrator."""

    def _require(self, right: str) -> None:
        if "fake://user" in self._address:
            raise PermissionDenied("may not")


class TellsPasswords(FakeAdministration):
    """Quotes the address that was refused."""

    def _require(self, right: str) -> None:
        try:
            super()._require(right)
        except PermissionDenied as exc:
            raise PermissionDenied(self._address) from exc


class CallsARefusalAnOutage(FakeAdministration):
    """Has the driver's words for it."""

    async def check(self, address: str) -> None:
        try:
            await super().check(address)
        except PermissionDenied as exc:
            raise Unavailable("refused") from exc


class CallsEverybodyNobody(FakeLogins):
    """Takes every address for one that needs no login."""

    def login(self, address: str) -> Login:
        found = super().login(address)
        return Login(found.proof, found.user)


class FindsNothingLeft(FakeLogins):
    """Does not look for secrets."""

    def left_over(self, address: str, environment: Mapping[str, str]) -> tuple[str, ...]:
        return ()


class QuotesWhatItRefuses(FakeLogins):
    """Says what was no address."""

    def login(self, address: str) -> Login:
        try:
            return super().login(address)
        except InvalidArgument as exc:
            raise InvalidArgument(address) from exc


class LetsDriversOut(FakeAdministration):
    """Hands on what its driver raises."""

    def _break(self, error: Exception) -> NoReturn:
        raise error


BROKEN: tuple[tuple[laws.Law, type[FakeLogins | FakeAdministration]], ...] = (
    (laws.a_new_user_may_do_what_the_model_may, MakesUsersWithoutRights),
    (laws.a_changed_password_is_the_only_one, KeepsThePasswordBefore),
    (laws.again_is_the_same_as_once, RefusesARepetition),
    (laws.a_disabled_user_does_not_come_in, DisablesNobody),
    (laws.nobody_is_made_to_be_disabled, MakesWhomItDisables),
    (laws.a_store_in_use_goes_on, EndsWhatIsInUse),
    (laws.who_may_not_changes_nothing, AsksNobodysLeave),
    (laws.a_wrong_administrator_is_refused, BelievesEverybody),
    (laws.a_wrong_administrator_is_refused, TellsPasswords),
    (laws.who_may_is_told_beforehand, CallsARefusalAnOutage),
    (laws.an_address_tells_who_comes_in, CallsEverybodyNobody),
    (laws.an_address_tells_who_comes_in, FindsNothingLeft),
    (laws.what_is_no_address_is_refused, QuotesWhatItRefuses),
    (laws.whatever_a_driver_raises_is_an_outage, LetsDriversOut),
)
"""Each law with one that breaks it."""
