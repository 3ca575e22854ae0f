"""What is read out of bindings is what the provider itself says: AWS's, of which both are here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.deploy.schemas.bindings import Block
from tests.deploy.schemas.mirror import AWS, declared, known
from tests.deploy.terraform import copied, lacking
from tests.shared_material import REPOSITORY

_RECURSIVE: Final = ("aws_wafv2_web_acl", "rule.statement")
"""What holds itself to some depth, of which bindings say nothing."""

_LOCAL: Final = 'terraform {\n  backend "local" {}\n}\n'


class Argument(NamedTuple):
    """What a root may write, or must."""

    of: str
    place: str
    kind: Any
    """Its type, or how often a block stands there."""

    required: bool


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the provider says of itself, if it is of the release that the bindings are of."""
    root = copied("aws", tmp_path_factory.mktemp("aws"))
    (root.folder / "override.tf").write_text(_LOCAL, encoding="utf-8")
    root.begin(backend=True)
    version = root.document("version", "-json")["provider_selections"][AWS.source]
    if version != schema().version:
        lacking("what is read out of bindings", f"they are of release {schema().version}, the provider of {version}")
    found: dict[str, Any] = root.document("providers", "schema", "-json")["provider_schemas"][AWS.source]
    return found


def schema() -> Any:
    """Return what is read of all that the root declares."""
    return known(AWS, *declared(AWS, REPOSITORY / "deploy/aws"))


def said(of: str, block: Any, above: str = "") -> Iterator[Argument]:
    """Yield what the provider takes; a list of objects is written as a block, and read as one."""
    for name, attribute in block.get("attributes", {}).items():
        place, kind = f"{above}{name}", attribute["type"]
        is_object = isinstance(kind, list) and isinstance(kind[1], list) and kind[1][0] == "object"
        if is_object and attribute.get("optional"):
            yield Argument(of, place, (kind[0], 0, False), required=False)
            yield from (Argument(of, f"{place}.{part}", type_, required=False) for part, type_ in kind[1][1].items())
        elif attribute.get("required") or attribute.get("optional"):
            yield Argument(of, place, kind, attribute.get("required", False))
    for name, nested in block.get("block_types", {}).items():
        is_one = nested["nesting_mode"] == "single" or nested.get("max_items") == 1
        kind = (nested["nesting_mode"], nested.get("min_items", 0), is_one)
        yield Argument(of, f"{above}{name}", kind, required=False)
        if (of, f"{above}{name}") != _RECURSIVE:
            yield from said(of, nested["block"], f"{above}{name}.")


def read(of: str, block: Block, above: str = "") -> Iterator[Argument]:
    """Yield what was read: all but what the provider alone fills in."""
    for name, attribute in block["attributes"].items():
        if attribute["required"] or attribute["optional"]:
            yield Argument(of, f"{above}{name}", attribute["type"], attribute["required"])
    for name, nested in block["blocks"].items():
        yield Argument(of, f"{above}{name}", (nested["nesting"], nested["least"], nested["most"] == 1), required=False)
        yield from read(of, nested["block"], f"{above}{name}.")


def test_what_is_read_is_what_the_provider_says(told: dict[str, Any]) -> None:
    """Names, types, what is required and how often, of all that the root declares: nothing more, nothing less."""
    kinds = ((schema().resources, "resource_schemas"), (schema().data_sources, "data_source_schemas"))
    ours = [each for known_, _ in kinds for name, block in known_.items() for each in read(name, block)]
    theirs = [each for known_, kind in kinds for name in known_ for each in said(name, told[kind][name]["block"])]
    assert [each for each in theirs if each not in ours and (each.of, each.place) != _RECURSIVE] == []
    assert [each for each in ours if each not in theirs and (each.of, each.place) != _RECURSIVE] == []
    assert len(theirs) > 800


def test_bindings_without_what_is_declared_are_told() -> None:
    """A misspelt resource is not one without arguments."""
    wheel = next((Path(REPOSITORY) / ".venv/deploy/schemas").glob(f"{AWS.bindings}*.whl"))
    assert wheel.is_file()
    with pytest.raises(LookupError, match="aws_lamp"):
        known(AWS, frozenset({"aws_lamp"}), frozenset())
