"""The composition root: the only place where adapters meet ports, and where time and chance come from.

Nothing is made when this module is imported. What has to be opened is opened by `opened`, and given to the
containers as it is.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from dependency_injector import containers, providers

from application.accounts.cycles import Cycles
from application.accounts.job import ReportingAccounts
from application.accounts.reporting import Reporting
from application.backups.backups import Backups
from application.credentials.accounts import Account
from application.credentials.rotation import RotatingCredentials
from application.credentials.settings import Settings as CredentialSettings
from application.failover.control import ControlStores
from application.failover.fence import AnyFence, Fence, NoFence
from application.failover.fenced import FencedStorage
from application.ids import Ids
from application.keys.blind_index import BlindIndex
from application.keys.care import KeyCare
from application.keys.recovery import RecoveryKey
from application.keys.vault import KeyVault
from application.maintenance.leases import Leases
from application.maintenance.loop import Maintenance
from application.maintenance.settings import Settings as MaintenanceSettings
from application.maintenance.sweeping import Sweeping
from application.panoramas.index_care import IndexCare
from application.panoramas.repository import Panoramas
from application.panoramas.settings import Settings as PanoramaSettings
from application.panoramas.tidying import TidyingPanoramas
from application.restore.target import check_whole
from application.retention.job import Purging
from application.retention.operations import Retention
from application.retention.purge import Purge
from application.sealing.records import Records
from application.tenants.digests import Digests
from application.tenants.repository import Tenants
from application.tenants.silence import EndingSilentTenants
from application.users import Users
from domain.rotation import Policy
from entrypoints.account_reports import LazyAccountReports
from entrypoints.backing_up import backups_of, copies_of, past_copies_of, searchers_of, store_at, uses_of, with_backups
from entrypoints.beginning import check_contents, check_files
from entrypoints.clocks import elapsed, now
from entrypoints.configuration import Configuration
from entrypoints.configuration_addresses import Address
from entrypoints.configuration_file import Settings
from entrypoints.configuration_recovery import recovery_key
from entrypoints.configuration_secrets import refers_to_secrets, with_secrets
from entrypoints.configuration_sites import check_sites
from entrypoints.core_services import Check, CoreServices
from entrypoints.following import Followers
from entrypoints.openers import Means
from entrypoints.outside import Outside
from entrypoints.private_files import make_private_folder
from entrypoints.schemes import BLOBS, KEYS, SECRETS, STORAGE, Scheme
from entrypoints.scratch import scratches
from entrypoints.tasks import end_task
from ports.blobs import BlobStore
from ports.errors import PortError
from ports.keys import KeyManager
from ports.secrets import SecretStore
from ports.storage import Storage


class Sources(containers.DeclarativeContainer):
    """Where time, chance and patience come from."""

    clock = providers.Object(now)
    monotonic = providers.Object(elapsed)
    random = providers.Object(os.urandom)
    sleep = providers.Object(asyncio.sleep)


def _by_scheme(
    schemes: Mapping[str, Scheme], address: providers.Object[Address], means: providers.Factory[Means]
) -> providers.Selector:
    choices = {name: providers.Factory(scheme.open, address, means) for name, scheme in schemes.items()}
    return providers.Selector(address.provided.scheme, **choices)


class Adapters(Sources):
    """What opens an address: for each kind of thing outside, one adapter for each scheme."""

    address: providers.Object[Address] = providers.Object()
    deadline: providers.Object[float] = providers.Object()
    means = providers.Factory(Means, deadline=deadline, clock=Sources.clock, random=Sources.random)

    storage = vault = _by_scheme(STORAGE, address, means)
    keys = _by_scheme(KEYS, address, means)
    blobs = stores = _by_scheme(BLOBS, address, means)
    secrets = _by_scheme(SECRETS, address, means)
    key_vault = providers.Factory(KeyVault, clock=Sources.clock, monotonic=Sources.monotonic, random=Sources.random)


class Application(Sources):
    """Everything between what has been opened outside and what uses it: a command, or the HTTP application."""

    panorama_settings: providers.Object[PanoramaSettings] = providers.Object()
    maintenance_settings: providers.Object[MaintenanceSettings] = providers.Object()
    key_policy: providers.Object[Policy] = providers.Object()
    storage: providers.Object[Storage] = providers.Object()
    vault: providers.Object[KeyVault] = providers.Object()
    checks: providers.Object[Mapping[str, Check]] = providers.Object()
    spares: providers.Object[Mapping[str, Check]] = providers.Object()
    fence: providers.Object[AnyFence] = providers.Object()
    reports_accounts: providers.Object[bool] = providers.Object()
    blobs: providers.Object[Sequence[BlobStore]] = providers.Object()
    backups: providers.Object[Backups | None] = providers.Object()
    configuration: providers.Object[Configuration] = providers.Object()
    accounts: providers.Object[Sequence[Account]] = providers.Object()
    scratch: providers.Object[Any] = providers.Object()
    credential_settings: providers.Object[CredentialSettings] = providers.Object()

    ids = providers.Singleton(Ids, Sources.clock, Sources.random)
    records = providers.Singleton(Records, storage, vault, Sources.clock, Sources.random)
    index = providers.Singleton(
        BlindIndex, records, Sources.clock, Sources.monotonic, Sources.random, fence.provided.epoch
    )
    digests = providers.Singleton(Digests, records, Sources.monotonic, Sources.random)
    panoramas = providers.Singleton(
        Panoramas, records, index, Sources.clock, ids, panorama_settings, fence.provided.epoch
    )
    past_copies = providers.Singleton(past_copies_of, panoramas, backups, scratch)
    tenants = providers.Singleton(Tenants, records, vault, ids, Sources.monotonic, digests)
    users = providers.Singleton(Users, records, digests, Sources.monotonic, Sources.clock)
    account_reports = providers.Singleton(
        LazyAccountReports, configuration.provided.app.key, Sources.clock, Sources.sleep
    )
    reporting = providers.Singleton(
        Reporting,
        users,
        providers.Factory(Cycles, records, Sources.clock),
        account_reports,
        Sources.clock,
        Sources.sleep,
    )
    searchers = providers.Callable(searchers_of, records, vault, blobs, backups)
    policy = configuration.provided.policy
    copies = providers.Callable(copies_of, backups)
    purge = providers.Singleton(Purge, tenants, records, vault, copies, searchers, Sources.clock)
    credentials = providers.Singleton(
        RotatingCredentials,
        accounts,
        records,
        credential_settings,
        providers.Object(os.environ),
        Sources.clock,
        Sources.random,
    )
    uses = providers.Callable(uses_of, backups)
    key_care = providers.Singleton(
        KeyCare, records, vault, key_policy, Sources.clock, Sources.monotonic, Sources.sleep, Sources.random, uses
    )
    index_care = providers.Singleton(IndexCare, records, panoramas, key_care, Sources.monotonic, Sources.random)
    ending_silent_tenants = providers.Factory(
        EndingSilentTenants,
        tenants,
        policy,
        Sources.clock,
        Sources.monotonic,
        environments=configuration.provided.app.forge_environments,
        enabled=configuration.provided.app.is_on_forge,
    )
    jobs = providers.List(
        providers.Factory(Sweeping, records, Sources.clock),
        key_care.provided.rotation,
        index_care.provided.rotation,
        index_care.provided.tidying,
        ending_silent_tenants,
        providers.Factory(
            Purging, purge, tenants, policy, configuration.provided.retention.ledger, Sources.clock, Sources.monotonic
        ),
        providers.Factory(ReportingAccounts, records, tenants, reporting, Sources.clock, enabled=reports_accounts),
        credentials,
        providers.Factory(TidyingPanoramas, records, tenants, panoramas, panorama_settings),
    )
    leases = providers.Singleton(Leases, records, Sources.clock, Sources.monotonic, Sources.random)
    all_jobs = providers.Callable(with_backups, jobs, backups)
    maintenance = providers.Singleton(
        Maintenance, all_jobs, leases, maintenance_settings, Sources.clock, Sources.monotonic, Sources.sleep
    )
    closed = providers.List(index, digests, users, panoramas, account_reports, past_copies)
    services = providers.Factory(
        CoreServices,
        panoramas=panoramas,
        copies=past_copies,
        tenants=tenants,
        users=users,
        maintenance=maintenance,
        backups=backups,
        keys=key_care,
        retention=providers.Factory(Retention, purge, tenants, policy, Sources.clock),
        checks=checks,
        spares=spares,
        fence=fence,
        clock=Sources.clock,
        monotonic=Sources.monotonic,
    )


AnyApplication = TypeVar("AnyApplication", bound=Application)


@asynccontextmanager
async def opened_control(settings: Settings) -> AsyncIterator[ControlStores]:
    """Open the control stores; raises ConfigurationError, PortError with a note on the key."""
    check_sites(settings)
    make_private_folder(settings.data)
    deadline = settings.configuration.site.deadline
    async with AsyncExitStack() as stack:
        yield ControlStores([await opened_part("stores", address, deadline, stack) for address in settings.control])


@asynccontextmanager
async def opened_fence(settings: Settings) -> AsyncIterator[AnyFence]:
    """Ask the control stores for as long as the block lasts who may write; without any, nothing is fenced.

    Raises what `opened_control` raises; control stores that do not answer leave the fence closed.
    """
    if not settings.control:
        yield NoFence()
        return
    sources = Sources()
    async with AsyncExitStack() as stack:
        control = await stack.enter_async_context(opened_control(settings))
        fence = Fence(control, settings.configuration.active, sources.monotonic())
        await fence.begin()
        stack.push_async_callback(end_task, asyncio.create_task(fence.keep(sources.sleep())))
        yield fence


@asynccontextmanager
async def opened_site(settings: Settings, fence: AnyFence | None = None) -> AsyncIterator[Outside]:
    """Open the active site's storage, vault, key managers and blob stores; close them in the reverse order.

    Storage and vault must answer. Key managers and blob stores of a cloud are not asked, so that a site opens while
    they are out. What is written goes through the fence, if one is given. Makes the data directory, for its owner
    alone, where there is none. Raises ConfigurationError, PortError with a note on the key that the part stands under.
    """
    check_sites(settings)
    recovery = recovery_key(settings)
    make_private_folder(settings.data)
    async with AsyncExitStack() as stack:
        settings, followers = await _followed_for_ever(settings, stack)
        recovery = recovery or recovery_key(settings)
        deadline = settings.configuration.site.deadline
        vault, vault_storage, keys = await _opened_vault(settings, recovery, stack, fence, followers)
        own: Storage = await opened_part("storage", settings.storage, deadline, stack, followers)
        stores = [store_at(each, await opened_part("blobs", each, deadline, stack)) for each in settings.blobs]
        yield Outside(
            storage=_fenced(own, fence),
            own=own,
            vault=vault,
            keys=keys,
            vault_storage=vault_storage,
            stores=tuple(stores),
            followers=followers,
        )


@asynccontextmanager
async def opened_backups(settings: Settings) -> AsyncIterator[Backups | None]:
    """Open what the backups of the active site need; None where it has none. Raises what `opened_site` raises."""
    async with AsyncExitStack() as stack:
        fence = await stack.enter_async_context(opened_fence(settings))
        outside = await stack.enter_async_context(opened_site(settings, fence))
        yield backups_of(settings, outside, fence.epoch, Sources.clock(), Sources.random())


@asynccontextmanager
async def opened(settings: Settings, *, begin: bool = False) -> AsyncIterator[CoreServices]:
    """Open everything that works on the data, and close it all in the reverse order, whatever happens.

    Raises what `opened_site` raises, Unavailable for a site that is half restored or a standby, and ConfigurationError
    for an empty database where there are signs of another.
    """
    async with AsyncExitStack() as stack:
        application = await open_application(Application, settings, stack, begin=begin)
        yield application.services()


async def open_application(
    kind: type[AnyApplication],
    settings: Settings,
    stack: AsyncExitStack,
    *,
    begin: bool = False,
    **parts: providers.Provider[Any],
) -> AnyApplication:
    """Return a container whose parts are closed with the stack; `parts` are what this kind of it has besides.

    Raises what `opened` raises; unless it is to `begin`, also for an empty database where there are signs of another.
    """
    if not begin:
        check_files(settings)
    fence = await stack.enter_async_context(opened_fence(settings))
    outside = await stack.enter_async_context(opened_site(settings, fence))
    await check_whole(outside.own)
    if not begin:
        await check_contents(settings, outside.own, outside.vault_storage)
    application = kind(
        panorama_settings=providers.Object(settings.configuration.panoramas),
        maintenance_settings=providers.Object(settings.configuration.maintenance),
        key_policy=providers.Object(settings.configuration.keys.policy),
        storage=providers.Object(outside.storage),
        vault=providers.Object(outside.vault),
        checks=providers.Object(outside.checks),
        spares=providers.Object({**outside.spares, **({"epoch": fence.check} if isinstance(fence, Fence) else {})}),
        fence=providers.Object(fence),
        reports_accounts=providers.Object(settings.configuration.app.reports_accounts),
        blobs=providers.Object(outside.blobs),
        configuration=providers.Object(settings.configuration),
        backups=providers.Object(backups_of(settings, outside, fence.epoch, Sources.clock(), Sources.random())),
        accounts=providers.Object(outside.followers.accounts),
        scratch=providers.Object(scratches(settings, outside.vault, Sources.random())),
        credential_settings=providers.Object(settings.configuration.credentials),
        **parts,
    )
    for part in application.closed():
        stack.push_async_callback(part.close)
    return application


@asynccontextmanager
async def opened_secrets(settings: Settings) -> AsyncIterator[SecretStore | None]:
    """Open the active site's secrets, None where it names none; raises PortError with a note on the key."""
    async with AsyncExitStack() as stack:
        address, deadline = settings.secrets, settings.configuration.site.deadline
        yield None if address is None else await opened_part("secrets", address, deadline, stack)


async def followed(settings: Settings) -> Settings:
    """Return the settings with their references to secrets followed; the secrets are open for that long only."""
    if not refers_to_secrets(settings):
        return settings
    async with opened_secrets(settings) as store:
        return settings if store is None else await with_secrets(settings, store)


async def _followed_for_ever(settings: Settings, stack: AsyncExitStack) -> tuple[Settings, Followers]:
    """Return what `followed` does; the secrets, and what follows them, are open for as long as the stack is."""
    sources = Sources()
    followers = Followers(settings, sources.monotonic(), sources.random(), sources.sleep())
    if refers_to_secrets(settings):
        store = await stack.enter_async_context(opened_secrets(settings))
        if store is not None:
            followers.secrets = store
            settings = await with_secrets(settings, store)
    return settings, followers


async def _opened_vault(
    settings: Settings,
    recovery: RecoveryKey | None,
    stack: AsyncExitStack,
    fence: AnyFence | None,
    followers: Followers,
) -> tuple[KeyVault, Storage, tuple[KeyManager, ...]]:
    """Return its storage and the key managers too; the vault, once it is there, closes them."""
    deadline = settings.configuration.site.deadline
    async with AsyncExitStack() as parts:
        storage = _fenced(await opened_part("vault", settings.vault, deadline, parts, followers), fence)
        managers = [await opened_part("keys", address, deadline, parts) for address in settings.keys]
        vault: KeyVault = Adapters().key_vault(storage, managers, recovery=recovery)
        parts.pop_all()
    stack.push_async_callback(vault.close)
    return vault, storage, tuple(managers)


def _fenced(storage: Storage, fence: AnyFence | None) -> Storage:
    return storage if fence is None else FencedStorage(storage, fence)


async def opened_part(
    kind: str, address: Address, deadline: float, stack: AsyncExitStack, followers: Followers | None = None
) -> Any:
    """Open what an address of that kind names, to be closed with the stack; a PortError gets a note on its key.

    With followers, a storage whose address is kept as a secret follows to the newest version from then on.
    """

    async def open_it(address: Address) -> Any:
        return await getattr(Adapters(address=providers.Object(address), deadline=providers.Object(deadline)), kind)()

    try:
        part = await (open_it(address) if followers is None else followers.open(address, open_it))
    except PortError as exc:
        exc.add_note(address.key)
        raise
    stack.push_async_callback(part.close)
    return part
