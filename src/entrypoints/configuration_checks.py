"""What must hold between values that each have the right shape."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from application.credentials.settings import Settings as CredentialSettings
from application.keys.settings import Settings as KeySettings
from application.retention.settings import Settings as RetentionSettings
from domain.retention import LIMIT, keeps_the_promise
from domain.rotation import Misfit, misfits
from entrypoints.configuration import Configuration, Site
from entrypoints.configuration_addresses import REFERENCE, carries_password, masked
from entrypoints.configuration_problems import Problem, suggest
from entrypoints.http.settings import UNIX_SOCKET
from entrypoints.loopback import is_loopback, is_trustworthy
from entrypoints.token_settings import FORGE_ENVIRONMENTS, ISOLATED_CLOUD, PRODUCTION


def clear_secret_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield every address in a file's sites that holds a password in clear; `document` has passed the shape check."""
    for name, site in document.get("sites", {}).items():
        for key, value in site.items():
            texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
            if any(carries_password(text) for text in texts):
                yield Problem(
                    f"sites.{name}.{key}",
                    "holds a secret, which does not belong into a file like this",
                    "keep the whole address elsewhere and refer to it: env:NAME or file:/run/secrets/name",
                )


def meaning_problems(configuration: Configuration) -> Iterator[Problem]:
    """Yield what contradicts something else or cannot work."""
    yield from _active_problems(configuration)
    yield from _url_problems(configuration)
    yield from _app_problems(configuration)
    yield from _network_problems(configuration.http.operators)
    yield from _key_problems(configuration.keys, configuration.retention.maintenance_days)
    for name, value in msgspec.structs.asdict(configuration.http).items():
        if isinstance(value, int | float) and not value > 0:
            yield Problem(f"http.{name}", f"does not fit ({value} is not above 0)", "give a number above 0")
    yield from _credential_problems(configuration.credentials)
    for name, site in configuration.sites.items():
        if not site.keys:
            yield Problem(
                f"sites.{name}.keys",
                "names no key manager, so nothing could be sealed",
                'name at least one: keys = ["file:keyring"]',
            )
        yield from _secret_problems(name, site)
        yield from _administrator_problems(name, site)
        yield from _retention_problems(name, site, configuration.retention, forge=configuration.app.is_on_forge)
        if len(set(site.blobs)) < len(site.blobs):
            yield Problem(f"sites.{name}.blobs", "names a blob store twice", "name each once")
    yield from _backup_problems(configuration)


def _active_problems(configuration: Configuration) -> Iterator[Problem]:
    if configuration.active not in configuration.sites:
        names = ", ".join(sorted(configuration.sites)) or "none"
        yield Problem(
            "active",
            f"names a site that is not there: {configuration.active} (there are: {names})",
            suggest(configuration.active, configuration.sites, otherwise="name one of them, or add the site"),
        )


def _secret_problems(name: str, site: Site) -> Iterator[Problem]:
    """A store of secrets does not keep its own address, and a reference needs a store."""
    for key, value in msgspec.structs.asdict(site).items():
        texts = value if isinstance(value, tuple) else (value,)
        refers = any(isinstance(text, str) and text.startswith(f"{REFERENCE}:") for text in texts)
        if refers and (site.secrets is None or key == "secrets"):
            problem = "refers to a secret, and the site names no secrets that it could be kept among"
            yield Problem(f"sites.{name}.{key}", problem, 'name them: secrets = "file:secrets"')


_MISFITS: Final = {
    Misfit.TOO_LONG: "limit_days",
    Misfit.TOO_LITTLE_REST: "rest_days",
    Misfit.NO_TIME_TO_SWEEP: "sweep_days",
    Misfit.NO_TIME_TO_BE_LATE: "limit_days",
}
"""The key that each concerns first."""


def _key_problems(settings: KeySettings, maintenance_days: float) -> Iterator[Problem]:
    """No key is in use for longer than it may be, by the sum of all that takes time."""
    told = ", ".join(f"{name} {days:g}" for name, days in msgspec.structs.asdict(settings).items())
    for misfit in misfits(settings.policy, timedelta(days=maintenance_days)):
        yield Problem(
            f"keys.{_MISFITS[misfit]}",
            f"leaves too little time: {misfit.value} (keys: {told}; retention.maintenance_days {maintenance_days:g})",
            "renew_days + rest_days + 2 x maintenance_days <= sweep_days, and "
            "sweep_days + maintenance_days <= limit_days <= 90",
        )


def _retention_problems(name: str, site: Site, settings: RetentionSettings, *, forge: bool) -> Iterator[Problem]:
    """Everything of a site that has removed the app must be gone in time, by the sum of all that takes time.

    Forge tells of no removal, so that the time counts from when a site was heard last, and silence is part of it.
    """
    rest = {
        "retention.maintenance_days": settings.maintenance_days,
        "retention.copy_days": settings.copy_days,
        "retention.vault_copy_days": settings.vault_copy_days,
        f"sites.{name}.soft_delete_days": site.soft_delete_days,
        "retention.pruning_days": settings.pruning_days,
    }
    ways = {"retention": {"retention.grace_days": settings.grace_days}}
    if forge:
        returning = {"retention.return_days": settings.return_days}
        for key, days in (
            ("retention.silence_days", settings.silence_days),
            ("retention.leaving_silence_days", settings.leaving_silence_days),
        ):
            ways[key] = {key: days} | returning
    if keeps_the_promise(settings.policy(site.soft_delete_days), forge=forge):
        return
    for key, way in ways.items():
        parts = way | rest
        total = sum(parts.values())
        if total > LIMIT.days:
            told = " + ".join(f"{part} {days:g}" for part, days in parts.items())
            yield Problem(
                key,
                f"adds up to {total:g} days, and what a site leaves behind must be gone within {LIMIT.days}: {told}",
                f"take {total - LIMIT.days:g} days or more from these keys, or let the providers keep less",
            )


def _backup_problems(configuration: Configuration) -> Iterator[Problem]:
    """What comes back of a tenant from the oldest backup there can be is erased by the ledger, which must know it."""
    longest, ledger = configuration.backups.longest, configuration.retention.ledger_days
    if longest >= ledger:
        yield Problem(
            "retention.ledger_days",
            f"is {ledger:g}, and backups are kept for {longest:g} days: one could bring back a tenant that was erased",
            f"keep the ledger for more than {longest:g} days, or backups for less than {ledger:g}",
        )


def _url_problems(configuration: Configuration) -> Iterator[Problem]:
    app = configuration.app
    listed = {"app.base_urls": app.base_urls, "app.key_servers": app.key_servers, "app.forge_keys": (app.forge_keys,)}
    for key, urls in listed.items():
        for url in urls:
            if reason := url_refusal(url):
                yield Problem(
                    key, f"holds {masked(url)!r}, which {reason}", "write a whole address: https://example.com"
                )


def _app_problems(configuration: Configuration) -> Iterator[Problem]:
    app = configuration.app
    if not app.key:
        yield Problem("app.key", "is empty", "give the key that stands in the app's descriptor")
    if not app.key_servers:
        yield Problem("app.key_servers", "is empty, so nobody could install the app", "leave it out for Atlassian's")
    if not app.base_urls and not is_loopback(configuration.server.host):
        yield Problem(
            "app.base_urls",
            f"is empty, and {configuration.server.host} is not an address that anybody calls",
            'list the addresses that the app is installed under: ["https://panorama.example.com"]',
        )
    unknown = set(app.forge_environments) - set(FORGE_ENVIRONMENTS)
    if unknown or not app.forge_environments:
        yield Problem(
            "app.forge_environments",
            "names an environment that Forge has not" if unknown else "is empty, so nobody could use the app",
            f"choose among {', '.join(FORGE_ENVIRONMENTS)}, or leave it out for {PRODUCTION}",
        )
    if app.forge_isolated_cloud is not None and ISOLATED_CLOUD.fullmatch(app.forge_isolated_cloud) is None:
        yield Problem(
            "app.forge_isolated_cloud",
            "is no label: up to 50 of a-z, 0-9, hyphens and underscores",
            "give the label that Atlassian has given the cloud, or leave it out",
        )
    for suffix in app.host_suffixes:
        if not suffix.startswith("."):
            yield Problem(
                "app.host_suffixes",
                f"holds {suffix!r}, which would also fit the end of somebody else's name",
                f"begin with a dot: .{suffix}",
            )


def _credential_problems(credentials: CredentialSettings) -> Iterator[Problem]:
    if credentials.settle_seconds < 2 * credentials.poll_seconds:
        yield Problem(
            "credentials.settle_seconds",
            "is so short that a process may not have followed to the new user when the one before is disabled",
            "give at least twice credentials.poll_seconds",
        )


def _administrator_problems(name: str, site: Site) -> Iterator[Problem]:
    """What is changed for good is kept where versions are."""
    keys = {"storage_administrator": site.storage_administrator, "vault_administrator": site.vault_administrator}
    for key, value in keys.items():
        if value is not None and not value.startswith(f"{REFERENCE}:"):
            remedy = "keep the address among the site's secrets and refer to it: secret:NAME"
            yield Problem(f"sites.{name}.{key}", "is no reference to a secret", remedy)


def _network_problems(networks: Iterable[str]) -> Iterator[Problem]:
    for network in set(networks) - {UNIX_SOCKET}:
        try:
            ip_network(network)
        except ValueError:
            yield Problem("http.operators", f"holds {network!r}, which is no network", "write one as in 10.0.0.0/8")


def url_refusal(url: str) -> str | None:
    """Return why a URL is refused, as the end of a sentence; None for one that nobody in between can forge."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in {"http", "https"} or not host:
        return "is not an http or https URL"
    if parts.query or parts.fragment or parts.username:
        return "has more than scheme, host, port and path"
    return "is not https, which only this machine itself may do without" if not is_trustworthy(url) else None
