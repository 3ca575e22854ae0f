"""A site whose storage and vault have passwords, and as many processes as a test starts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from application.credentials.accounts import Account
from application.credentials.kept import KeptAddress
from application.credentials.rotation import RotatingCredentials, Status
from application.credentials.settings import Settings
from application.credentials.switching import Following, SwitchingStorage, open_following
from application.maintenance.jobs import Finding, Report, Turn
from application.sealing.records import Records
from ports.errors import PermissionDenied, Unavailable
from ports.secrets import Secret, State, Version
from ports.storage import Storage
from tests.fakes.credentials import ADMINISTRATOR, CHANGE, USE, FakeDatabase, FakeLogins, FakeUser
from tests.fakes.flaky import Died, FlakyStorage, Harm
from tests.fakes.house import House, furnished
from tests.fakes.secrets import MemorySecretStore
from tests.fakes.sources import FakeRandom

T = TypeVar("T")

SETTINGS: Final = Settings()
AGE: Final = timedelta(days=SETTINGS.days)
SETTLING: Final = timedelta(seconds=SETTINGS.settle_seconds)
PARTNER: Final = frozenset({USE, CHANGE})
"""What each of two users may who change each other's passwords."""


class TwoVersions(MemorySecretStore):
    """Withholds whatever is older than the version before the newest, as AWS does."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        found = await super().get(name, version)
        assert found.version in [each.version for each in (await super().versions(name))[:2]], "withheld"
        return found

    async def versions(self, name: str) -> list[Version]:
        listed = await super().versions(name)
        kept = [each.version for each in listed[:2]]
        return [each if each.version in kept else replace(each, state=State.WITHHELD) for each in listed]


@dataclass
class Steps:
    """Counts what a process does outside of itself, and harms one step of it."""

    harmed: int = 0
    harm: Harm = Harm.LOST_REQUEST
    taken: int = 0

    async def take(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call of that name, or what is left of it."""
        self.taken += 1
        if self.taken != self.harmed:
            return await call()
        if self.harm is Harm.DEATH_BEFORE:
            raise Died
        if self.harm in {Harm.LOST_ANSWER, Harm.DEATH_AFTER}:
            await call()
        if self.harm is Harm.DEATH_AFTER:
            raise Died
        raise Unavailable


class Stopped(Steps):
    """Is stopped before one step, for as long as it takes the others to replace the password twice.

    Not between the last look at the newest version and what is done in the database: no look could help there.
    """

    def __init__(self, site: "Site", before: int) -> None:
        super().__init__()
        self._site = site
        self._before = before

    async def take(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        if name in {"create_or_update", "disable"}:
            return await call()
        self.taken += 1
        if self.taken == self._before:
            for _ in range(2):
                for time in (AGE, SETTLING):
                    self._site.go_on(time)
                    await self._site.ran()
        return await call()


class Stepwise:
    """Whatever it stands for, with every call counted."""

    def __init__(self, inner: Any, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in {"close", "capabilities"}:
            return found

        async def call(*arguments: Any, **named: Any) -> Any:
            return await self._steps.take(name, lambda: found(*arguments, **named))

        return call


class StepwiseLogins(FakeLogins):
    """Has every call of its administrations counted."""

    def __init__(self, databases: Mapping[str, FakeDatabase], steps: Steps) -> None:
        super().__init__(databases)
        self._steps = steps

    async def administer(self, address: str) -> Any:
        return Stepwise(await super().administer(address), self._steps)


class Strict(FlakyStorage):
    """An opened login that is asked for its password with each call, as new connections are."""

    def __init__(self, database: FakeDatabase, address: str) -> None:
        super().__init__(database.memory)
        self._database = database
        self._address = address

    async def _step(
        self, method: str, call: Callable[[], Awaitable[T]], half: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        if USE not in self._database.entered(self._address).rights:
            raise PermissionDenied("may not")
        return await super()._step(method, call, half)


@dataclass
class Site:
    """Two databases, the secrets with their addresses, and the records of the service."""

    house: House
    secrets: MemorySecretStore
    databases: dict[str, FakeDatabase] = field(default_factory=dict)
    administrators: dict[str, str] = field(default_factory=dict)
    """By part, the name of the secret of its administrator."""

    parts: tuple[str, ...] = ("storage", "vault")
    literal: dict[str, str] = field(default_factory=dict)
    """By part, the address of one that is not kept among the secrets."""

    environment: dict[str, str] = field(default_factory=dict)
    _jobs: int = 0

    @property
    def now(self) -> datetime:
        """Return the time."""
        return self.house.time.clock()

    def job(self, steps: Steps | None = None) -> RotatingCredentials:
        """Return the job as a process has it that has just been started."""
        steps = steps or Steps()
        self._jobs += 1
        records = Records(
            Stepwise(self.house.storage, steps), self.house.vault, self.house.time.clock, self.house.random
        )
        return RotatingCredentials(
            self._accounts(steps),
            records,
            SETTINGS,
            self.environment,
            self.house.time.clock,
            FakeRandom(f"job {self._jobs}"),
        )

    async def ran(self, steps: Steps | None = None) -> Report:
        """Give the job of a new process a turn."""
        return await self.job(steps).run(self.turn())

    async def found(self) -> list[str]:
        """Return the codes of what a turn finds."""
        return [finding.code for finding in (await self.ran()).findings]

    async def finding(self) -> Finding:
        """Return the one thing that a turn finds."""
        (finding,) = (await self.ran()).findings
        return finding

    async def status(self, part: str = "storage") -> Status:
        """Return how a part stands."""
        (found,) = [each for each in await self.job().statuses() if each.part == part]
        return found

    def turn(self) -> Turn:
        """Return a turn of a minute."""
        return Turn(self.house.time.monotonic, 60)

    def go_on(self, time: timedelta) -> None:
        """Let time pass."""
        self.house.time.go_on(seconds=time.total_seconds())

    async def put(self, part: str, address: str) -> None:
        """Make a newer version of a secret."""
        await self.secrets.put(part, address.encode())

    async def newest(self, part: str = "storage") -> str:
        """Return the newest address of a part."""
        return (await self.secrets.get(part)).value.decode()

    async def addresses(self, part: str = "storage") -> list[str]:
        """Return every address of a part that can still be read."""
        found = [await self.secrets.get(part, version) for version in await self.readable(part)]
        return [secret.value.decode() for secret in found]

    def admits(self, address: str) -> bool:
        """Whether somebody can log in by the address."""
        try:
            FakeLogins(self.databases).database(address).entered(address)
        except PermissionDenied:
            return False
        return True

    async def readable(self, part: str = "storage") -> list[str]:
        """Return the versions of a secret that can be read."""
        return [each.version for each in await self.secrets.versions(part) if each.state is State.READABLE]

    async def instance(self, part: str = "storage") -> SwitchingStorage:
        """Open a part as a process of the service does; it follows when it is told to, and when it is refused."""
        logins = FakeLogins(self.databases)

        async def opened(address: str) -> Storage:
            logins.database(address).entered(address)
            return Strict(logins.database(address), address)

        return await open_following(
            Following(
                kept=KeptAddress(self.secrets, part),
                open=opened,
                leads_alike=logins.leads_alike,
                poll=SETTINGS.poll_seconds,
                monotonic=self.house.time.monotonic,
                random=self.house.random,
                sleep=_for_ever,
            )
        )

    def _accounts(self, steps: Steps) -> list[Account]:
        logins = StepwiseLogins(self.databases, steps)
        kept = {
            name: KeptAddress(Stepwise(self.secrets, steps), name)
            for name in (*self.parts, *self.administrators.values())
        }

        async def opened(address: str) -> Storage:
            return Stepwise(await steps.take("open", lambda: logins.open(address)), steps)

        administrators = [
            Account(part=name, logins=logins, address="", kept=kept[name], open=opened, alternates=False)
            for name in dict.fromkeys(self.administrators.values())
        ]
        return administrators + [
            Account(
                part=part,
                logins=logins,
                address=self.literal.get(part, ""),
                kept=None if part in self.literal else kept[part],
                open=opened,
                administrator=kept.get(self.administrators.get(part, "")),
            )
            for part in self.parts
        ]


async def a_site(
    kind: type[MemorySecretStore] = MemorySecretStore, parts: tuple[str, ...] = ("storage", "vault")
) -> Site:
    """Return a site whose users are `NAME-a` and `NAME-b` at a place of each part's own; `-a` logs in."""
    house = await furnished()
    site = Site(house, kind(house.time.clock), parts=parts)
    for part in parts:
        users = {f"{part}-{end}": FakeUser(f"first-{end}", PARTNER) for end in "ab"}
        site.databases[part] = FakeDatabase(users)
        await site.put(part, f"fake://{part}-a:first-a@{part}")
    return site


async def a_settled_site(
    kind: type[MemorySecretStore] = MemorySecretStore, parts: tuple[str, ...] = ("storage", "vault")
) -> Site:
    """Return such a site after its first minutes."""
    site = await a_site(kind, parts)
    site.go_on(SETTLING)
    await site.ran()
    return site


async def with_administrator(site: Site, name: str = "admin") -> Site:
    """Give both parts of a site at one place an administrator, without whom nobody may change a password."""
    for database in site.databases.values():
        for user in database.users.values():
            user.rights = frozenset({USE})
        database.users[name] = FakeUser("root", ADMINISTRATOR)
    place = next(iter(site.databases))
    await site.put(name, f"fake://{name}:root@{place}")
    site.administrators = {place: name}
    return site


async def _for_ever(seconds: float) -> None:
    """Nobody follows by himself."""
    await asyncio.Event().wait()
