"""Which of the sites a command is about."""

import os
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from domain.epochs import in_force
from entrypoints.cli.exits import Refusal
from entrypoints.clouds import name_of_store
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_sites import check_sites
from entrypoints.container import opened_control

ToOption: TypeAlias = Annotated[str, typer.Option("--to", metavar="SITE", help="The site that is to write.")]


def settings_of(config: Path | None, site: str | None) -> Settings:
    """Return the configuration with this site as the active one; raises Refusal where there is none of that name."""
    settings = read(config, os.environ)
    sites = settings.configuration.sites
    if site is not None and site not in sites:
        raise Refusal(f"there is no site {site}", f"name one of: {', '.join(sorted(sites))}")
    if site is not None:
        settings = read(config, {**os.environ, "PANORAMA_ACTIVE": site})
    check_sites(settings)
    return settings


def fenced_settings(config: Path | None, site: str | None = None) -> Settings:
    """Return what `settings_of` does; raises Refusal where there are no control stores."""
    settings = settings_of(config, site)
    if not settings.control:
        raise Refusal("no control stores are configured, so nothing is fenced", "name them under [control] stores")
    return settings


async def other_site(settings: Settings) -> str:
    """Return the site to follow or to take over from: the only other one, or the one that writes.

    Raises Refusal where that cannot be told.
    """
    active = settings.configuration.active
    others = sorted(settings.configuration.sites.keys() - {active})
    if len(others) == 1:
        return others[0]
    async with opened_control(settings) as control:
        word = in_force(await control.words())
    if word is not None and word.site in others:
        return word.site
    raise Refusal(f"nobody can tell which site {active} is to take from", f"name it with --from: {', '.join(others)}")


def check_shared_store(target: Settings, source: Settings) -> None:
    """Raise Refusal where a site cannot go on with the backups of another, for want of a common blob store."""
    shared = set(map(name_of_store, target.blobs)) & set(map(name_of_store, source.blobs))
    if target.blobs and source.blobs and not shared:
        here, there = target.configuration.active, source.configuration.active
        raise Refusal(
            f"sites {here} and {there} have no blob store in common, so the backups could not be gone on with",
            f"name one of {there} under sites.{here}.blobs",
        )
