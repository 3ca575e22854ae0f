"""Values that are kept among the site's own secrets: `secret:NAME`, followed when the site is opened."""

from dataclasses import replace

from entrypoints.configuration_addresses import REFERENCE, Address, parse_address
from entrypoints.configuration_file import Settings, refuse
from entrypoints.configuration_problems import ConfigurationError, Problem
from entrypoints.configuration_sites import active_problems
from ports.errors import InvalidArgument, NotFound, PortError
from ports.secrets import SecretStore


def refers_to_secrets(settings: Settings) -> bool:
    """Whether anything of the active site is kept among its secrets."""
    return settings.recovery_reference is not None or any(each.scheme == REFERENCE for each in settings.addresses)


async def with_secrets(settings: Settings, store: SecretStore) -> Settings:
    """Return the settings with every secret in its place, each address checked like one that stands in the file.

    Raises ConfigurationError where one is missing or is not what its key takes, and the store's own errors with a
    note on the key.
    """

    async def followed(address: Address) -> Address:
        if address.scheme != REFERENCE:
            return address
        found = parse_address(address.key, await _secret(store, address.key, address.location), address.folder)
        if found.scheme == REFERENCE:
            raise _refused(address.key, "refers to a secret that refers to a secret", "put the address itself there")
        return found

    recovery, reference = settings.recovery_key, settings.recovery_reference
    if reference is not None:
        recovery = await _secret(store, reference.key, reference.location)
    result = replace(
        settings,
        storage=await followed(settings.storage),
        vault=await followed(settings.vault),
        keys=tuple([await followed(address) for address in settings.keys]),
        blobs=tuple([await followed(address) for address in settings.blobs]),
        recovery_key=recovery,
        recovery_reference=None,
    )
    refuse(list(active_problems(result)))
    return result


async def _secret(store: SecretStore, key: str, name: str) -> str:
    try:
        return (await store.get(name)).value.decode("utf-8-sig").strip()
    except (NotFound, InvalidArgument, UnicodeDecodeError):
        # Without its cause, which may hold a piece of the secret.
        problem = "refers to a secret that is not there, or that is no text"
        raise _refused(key, problem, "put it into the site's secrets") from None
    except PortError as exc:
        exc.add_note(key)
        raise


def _refused(key: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError([Problem(key, problem, remedy)])
