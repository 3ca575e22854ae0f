"""A mirror of providers that only know their schema, as Terraform takes it instead of a registry."""

import json
import platform
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tests.deploy.schemas.bindings import Schema, read
from tests.deploy.tools import TOOLS
from tests.shared_material import REPOSITORY

_WHEELS: Final = TOOLS / "schemas"
_DECLARED: Final = re.compile(r'^(resource|data) "(\w+)"', re.MULTILINE)


class Provider(NamedTuple):
    """A provider whose bindings are here."""

    name: str
    """As resources are called after it."""

    source: str
    """Its address."""

    bindings: str
    """How the file that has its bindings begins."""


AWS: Final = Provider("aws", "registry.terraform.io/hashicorp/aws", "cdktf_cdktf_provider_aws-")
GOOGLE: Final = Provider("google", "registry.terraform.io/hashicorp/google", "cdktn_provider_google-")
ATLAS: Final = Provider(
    "mongodbatlas", "registry.terraform.io/mongodb/mongodbatlas", "cdktf_cdktf_provider_mongodbatlas-"
)


def mirror(provider: Provider, root: Path, folder: Path) -> None:
    """Put a provider into a mirror that knows every resource that a root declares."""
    schema = known(provider, *declared(provider, root))
    place = folder / provider.source / schema.version / f"linux_{_architecture()}"
    place.mkdir(parents=True)
    file = place / "schema.json"
    put_schema(provider, root, file)
    program = place / f"terraform-provider-{provider.name}_v{schema.version}"
    words = shlex.join([str(TOOLS / "bin/python"), "-m", "tests.deploy.schemas.served", str(file)])
    program.write_text(f"#!/bin/sh\ncd {shlex.quote(str(REPOSITORY))} && exec {words}\n", encoding="utf-8")
    program.chmod(0o755)


def put_schema(provider: Provider, root: Path, file: Path) -> None:
    """Write what `tests.deploy.schemas.served` reads: all that a root declares of a provider."""
    schema = known(provider, *declared(provider, root))
    file.write_text(json.dumps({"source": provider.source, "schema": schema._asdict()}), encoding="utf-8")


def declared(provider: Provider, root: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return which of a provider's resources a root declares, and which of its data sources."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.tf")))
    found = [(kind, name) for kind, name in _DECLARED.findall(text) if name.startswith(f"{provider.name}_")]
    resources, data_sources = (frozenset(name for kind, name in found if kind == each) for each in ("resource", "data"))
    return resources, data_sources


@cache
def known(provider: Provider, resources: frozenset[str], data_sources: frozenset[str]) -> Schema:
    """Return what the bindings say of these; each test with a mirror of its own asks for the same."""
    (wheel,) = _WHEELS.glob(f"{provider.bindings}*.whl")
    return read(wheel, resources, data_sources)


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
