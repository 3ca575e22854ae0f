"""Where data and keys may be: everything outside the regions of the configuration is refused."""

from collections.abc import Iterable, Iterator

from entrypoints.configuration import LOCAL, Configuration
from entrypoints.configuration_addresses import Address
from entrypoints.configuration_problems import Problem
from entrypoints.schemes import Scheme, kind_of, scheme_of


def is_allowed(region: str, patterns: Iterable[str]) -> bool:
    """Whether a region is one of the patterns, of which one that ends with `*` stands for all that begin so."""
    return any(
        region.lower().startswith(pattern[:-1]) if pattern.endswith("*") else region.lower() == pattern
        for pattern in (each.lower() for each in patterns)
    )


def region_of(address: Address, site_region: str) -> str:
    """Return where the thing is: what its address states, else where its site is."""
    scheme = scheme_of(address)
    stated = None if scheme is None else scheme.region(address)
    return stated or site_region


def site_problems(configuration: Configuration) -> Iterator[Problem]:
    """Yield every site that is outside the regions."""
    for name, site in configuration.sites.items():
        if not is_allowed(site.region, configuration.regions):
            yield _outside(f"sites.{name}.region", site.region, configuration)


def region_problems(
    address: Address, scheme: Scheme, site_region: str, configuration: Configuration
) -> Iterator[Problem]:
    """Yield where an address does not say clearly where it is, or is outside the regions."""
    stated = scheme.region(address)
    if stated is not None and stated != address.options.get("region", stated).lower():
        yield Problem(address.key, "states two regions", "leave the option region out")
    if stated is None and scheme.states_region:
        yield Problem(address.key, "does not state its region", f"write it like {scheme.form}")
    elif stated is None and not scheme.is_local and site_region == LOCAL:
        problem = f"is {LOCAL}, but {kind_of(address)} is not on this machine"
        remedy = 'state where it is, as in region = "us-east-1"'
        yield Problem(f"{address.key.rpartition('.')[0]}.region", problem, remedy)
    elif stated is not None and not is_allowed(stated, configuration.regions):
        yield _outside(address.key, stated, configuration)


def _outside(key: str, region: str, configuration: Configuration) -> Problem:
    allowed = ", ".join(configuration.regions) or "none"
    problem = f"is in the region {region}, where data and keys may not be (they may be in: {allowed})"
    return Problem(key, problem, "move it, or add the region to `regions`")
