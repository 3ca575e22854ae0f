"""What the addresses of the sites must be like, as far as that can be told without opening anything."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

from entrypoints.clouds import cloud_of_host
from entrypoints.configuration import Configuration
from entrypoints.configuration_addresses import REFERENCE, Address, is_reference, masked, parse_address
from entrypoints.configuration_checks import url_refusal
from entrypoints.configuration_file import Settings, refuse
from entrypoints.configuration_problems import ConfigurationError, Problem, suggest
from entrypoints.configuration_regions import region_of, region_problems, site_problems
from entrypoints.schemes import SCHEMES, kind_of, scheme_of

_CLOUD: Final = re.compile(r"[a-z][a-z0-9.-]*")


class Explanation(msgspec.Struct, frozen=True):
    """What an address means."""

    key: str
    address: str
    """Secrets masked."""

    what: str
    region: str | None
    """None for a reference that is followed when the site is opened."""

    opens: str | None = None
    """The path, the database and its hosts, or the like; None likewise."""

    new: bool | None = None
    """Whether there is nothing yet; None where that is not known without opening it."""


def explanation(
    address: Address, site_region: str, opens: str | None = None, *, new: bool | None = None
) -> Explanation:
    """Return what an address of the site means; the address has passed `check_sites`."""
    shown, scheme = masked(address.url), scheme_of(address)
    if scheme is None:
        return Explanation(address.key, shown, "one of the site's secrets", None)
    return Explanation(address.key, shown, scheme.what, region_of(address, site_region), opens, new)


def check_sites(settings: Settings) -> None:
    """Raise ConfigurationError with every site and address that has no adapter, is misshapen, or is outside.

    What stands in the environment, in files or among the secrets is looked at for the active site alone; a secret,
    when it has been followed.
    """
    configuration = settings.configuration
    problems = [*site_problems(configuration), *active_problems(settings)]
    for name in configuration.sites:
        if name != configuration.active:
            problems += _inactive_problems(name, settings)
    refuse(list(dict.fromkeys(problems)))


def active_problems(settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with the addresses of the active site."""
    for address in settings.addresses:
        yield from _address_problems(address, settings.configuration.site.region, settings.configuration)


def _inactive_problems(name: str, settings: Settings) -> Iterator[Problem]:
    site = settings.configuration.sites[name]
    literal = {
        "storage": () if _is_elsewhere(site.storage) else (site.storage,),
        "vault": () if _is_elsewhere(site.vault) else (site.vault,),
        "keys": site.keys,
        "blobs": site.blobs,
        "secrets": () if site.secrets is None else (site.secrets,),
    }
    for kind, texts in literal.items():
        for text in texts:
            try:
                address = parse_address(f"sites.{name}.{kind}", text, settings.data)
            except ConfigurationError as exc:
                yield from exc.problems
            else:
                yield from _address_problems(address, site.region, settings.configuration)


def _is_elsewhere(text: str) -> bool:
    """Whether a storage's text refers to its address; a storage itself is never `file:`."""
    return is_reference(text) or text.startswith("file:")


def _cloud_refusal(address: Address) -> str | None:
    """Return why an address may not state whose it is: what tells so by itself is not to be taken for another's."""
    cloud, endpoint = address.options.get("cloud"), address.options.get("endpoint")
    if cloud is None:
        return None
    if _CLOUD.fullmatch(cloud) is None:
        return "that is no name in small letters"
    if endpoint is None or cloud_of_host(urlsplit(endpoint).hostname or "") is not None:
        return "where the address tells by itself whose it is"
    return None


def _address_problems(address: Address, site_region: str, configuration: Configuration) -> Iterator[Problem]:
    if address.scheme == REFERENCE and kind_of(address) not in {"secrets", "stores"}:
        return
    scheme = scheme_of(address)
    if scheme is None:
        known = ", ".join(f"{name}:" for name in SCHEMES[kind_of(address)])
        problem = "has a scheme for which there is no adapter"
        yield Problem(address.key, problem, f"begin with one of: {known}")
        return
    if scheme.place.fullmatch(address.place) is None:
        remedy = f"write it like {scheme.form}{scheme.remark and f', {scheme.remark}'}"
        yield Problem(address.key, f"is not an address as {address.scheme}: takes it", remedy)
        return
    for option in () if scheme.free_options else address.options:
        if option not in scheme.options:
            remedy = suggest(option, scheme.options, otherwise=f"write it like {scheme.form}")
            yield Problem(address.key, f"has an option that {address.scheme}: does not know: {option}", remedy)
    endpoint = None if scheme.free_options else address.options.get("endpoint")
    if endpoint is not None and (reason := url_refusal(endpoint)):
        remedy = "write one as in endpoint=https://s3.example.com"
        yield Problem(address.key, f"has an endpoint that {reason}", remedy)
    elif "cloud" in scheme.options and (reason := _cloud_refusal(address)):
        remedy = "write one as in endpoint=https://s3.example.com&cloud=aws, and none beside a provider's own"
        yield Problem(address.key, f"states a cloud {reason}", remedy)
    yield from region_problems(address, scheme, site_region, configuration)
