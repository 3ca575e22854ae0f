"""Reads a file whatever its form is: the service's own JSON, or documents of the reference system."""

from codecs import BOM_UTF8
from typing import Final

from application.exchange.defects import Findings
from application.exchange.panorama_json import is_panorama_json, read_panorama
from application.exchange.reference import read_reference
from application.exchange.sources import SourcePanorama

PANORAMAS: Final = 1_000
"""How many panoramas one import may have."""


def read_import(content: bytes, alias: str) -> tuple[tuple[SourcePanorama, ...], tuple[str, ...]]:
    """Return the panoramas in a file and what was left out; raises ImportRefused. Nothing is kept of tenants."""
    findings = Findings()
    sources = _sources(content.removeprefix(BOM_UTF8), alias, findings)
    if len(sources) > PANORAMAS:
        findings.defects.add("the import", f"has {len(sources)} panoramas, and {PANORAMAS} are allowed")
    findings.refuse_if_broken()
    if not sources:
        findings.defects.add("the import", "has no panorama")
        findings.refuse_if_broken()
    return sources, findings.notes.told()


def _sources(content: bytes, alias: str, findings: Findings) -> tuple[SourcePanorama, ...]:
    if not is_panorama_json(content):
        return read_reference(content, alias, findings)
    panorama = read_panorama(content, findings)
    return () if panorama is None else (panorama,)
