"""Both clouds' roots have one interface: either takes what the other puts out."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deploy.attached import Providers
from tests.deploy.terraform import BUILT, RUN
from tests.shared_material import REPOSITORY

pytestmark = pytest.mark.timeout(600)

OTHERS: Final = {"aws": "gcp", "gcp": "aws"}
_OUTPUT: Final = re.compile(r'^output "(\w+)" \{.*?^  description = "(.*?)"$', re.MULTILINE | re.DOTALL)
_VARIABLE: Final = re.compile(r'^variable "(\w+)" \{.*?^  description = "(.*?)"$', re.MULTILINE | re.DOTALL)


def text(root: str, file: str) -> str:
    """Return what stands in a file of a root."""
    return (REPOSITORY / "deploy" / root / file).read_text(encoding="utf-8")


def put_out(root: str, providers: Providers) -> dict[str, Any]:
    """Return what a root puts out when it is built by a provider that builds nothing."""
    return {name: output["value"] for name, output in providers.built(root)["outputs"].items()}


def shape(value: Any) -> Any:
    """Return of what kind something is, down to its parts; of a list, its first."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in sorted(value.items())}
    return [shape(value[0])] if isinstance(value, list) else type(value).__name__


@pytest.fixture(scope="module")
def outputs(providers: Providers) -> dict[str, dict[str, Any]]:
    """Return what either root puts out."""
    return {root: put_out(root, providers) for root in OTHERS}


@pytest.mark.parametrize("part", ["variables.tf", "site.tf", "outputs.tf"])
def test_both_say_the_same(part: str) -> None:
    """By one file, which is a part of either."""
    common = REPOSITORY / "deploy/common" / part
    assert [(REPOSITORY / "deploy" / root / part).resolve() for root in OTHERS] == [common, common]


def test_the_interface_is_written_down() -> None:
    """Each variable and each output has its row, in the root's own words."""
    written = text("common", "README.md")
    declared = _VARIABLE.findall(text("common", "variables.tf")) + _OUTPUT.findall(text("common", "outputs.tf"))
    assert [name for name, description in declared if f"| `{name}` | {description} |" not in written] == []
    assert len(declared) > 15


def test_what_is_put_out_has_one_shape(outputs: dict[str, dict[str, Any]]) -> None:
    """So that a script, or a person, reads either in the same way."""
    shapes = {root: {name: shape(value) for name, value in outputs[root].items()} for root in OTHERS}
    common = [name for name, _ in _OUTPUT.findall(text("common", "outputs.tf"))]
    assert {name: shapes["aws"][name] for name in common} == {name: shapes["gcp"][name] for name in common}


@pytest.mark.parametrize("root", OTHERS)
def test_what_one_puts_out_the_other_takes(
    tmp_path: Path, root: str, providers: Providers, outputs: dict[str, dict[str, Any]]
) -> None:
    """Its `peer`, as it is."""
    made = providers.copy(root, tmp_path)
    head = (made.folder / BUILT).read_text(encoding="utf-8").partition(RUN)[0]
    run = """
run "crossed" {
  assert {
    condition     = length(output.site.keys) == 2 && output.site.keys[1] == var.peer.key_manager
    error_message = "Keys of both clouds."
  }
}
"""
    (made.folder / "tests/crossed.tftest.hcl").write_text(head + run, encoding="utf-8")
    given = {"peer": outputs[OTHERS[root]]["peer"], "witness_control_store": "s3://witness?region=us"}
    (made.folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    told = made.do("test", "-no-color", "-filter=tests/crossed.tftest.hcl", "-var-file=given.json")
    assert "1 passed, 0 failed" in told
