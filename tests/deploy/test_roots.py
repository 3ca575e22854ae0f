"""Each root is formed right, keeps what it promises, and what would break a promise is refused by a check."""

import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.attached import Providers
from tests.deploy.checkov import look
from tests.deploy.terraform import Done, Root, copied, copy_alone
from tests.deploy.variants import VARIANTS, Variant
from tests.summaries import PROPERTY

pytestmark = pytest.mark.timeout(2_500)  # The longest of all, so that it begins first of those side by side.

PROMISES: Final = "tests/promises.tftest.hcl"

ROOTS: Final = ("aws", "gcp", "atlas")

CHECKED: Final = {"aws": 300, "gcp": 50}
"""With fewer rules checkov would not have looked; it has none about Atlas."""

REASON: Final = 40
"""No shorter words are a reason."""

WORDS: Final = {
    "terraform test": ("Test assertion failed", "Invalid value for variable", "to be in the range"),
    "the provider's schema": ("Unsupported argument", "Incorrect attribute value type", "Missing required argument"),
}
"""How Terraform says what is wrong, and not only misspelt."""


@pytest.fixture(scope="module", params=["aws", "aws/dns", "gcp", "atlas"])
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Return each root, with its provider out of a mirror: the one `terraform init` of each in a run."""
    made = copied(request.param, tmp_path_factory.mktemp("root"))
    made.begin()
    return made


def test_it_is_formed_as_terraform_forms_it(root: Root) -> None:
    """So that a change shows what has changed, and nothing else."""
    assert root.do("fmt", "-check", "-recursive", "-diff") == ""


def test_it_is_valid(root: Root) -> None:
    """By the provider's own schema, down to the values that it takes."""
    assert root.document("validate", "-json")["diagnostics"] == []


@pytest.mark.parametrize("name", ROOTS)
def test_it_keeps_its_promises(tmp_path: Path, name: str, providers: Providers) -> None:
    """Each of `tests/*.tftest.hcl`: what must hold of what is built, and what is refused before."""
    assert "Success!" in providers.copy(name, tmp_path).do("test", "-no-color")


@pytest.mark.parametrize("name", CHECKED)
def test_checkov_finds_nothing_but_what_has_its_reason(tmp_path: Path, name: str) -> None:
    """Written beside what it is an exception for."""
    found = look(copy_alone(name, tmp_path).folder)
    assert found.failed == []
    assert found.passed > CHECKED[name]
    assert [rule for rule, why in found.excused if len(why) < REASON] == []


@pytest.mark.parametrize("name", ROOTS)
def test_what_is_deliberately_wrong_is_refused(
    tmp_path: Path, name: str, providers: Providers, record_property: Callable[[str, object], None]
) -> None:
    """By one check at the least; which ones is told at the end of the run."""
    variants = [variant for variant in VARIANTS if variant.root == name]
    roots = [_made_wrong(variant, tmp_path / str(number), providers) for number, variant in enumerate(variants)]
    caught: dict[str, list[str]] = defaultdict(list)
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        looking = side_by_side.submit(look, tmp_path)
        tried = side_by_side.map(lambda root: root.run("test", "-no-color", f"-filter={PROMISES}"), roots)
        for variant, done in zip(variants, tried, strict=True):
            caught[variant.name].extend(by for by, words in WORDS.items() if _refused(done, words))
    failed = looking.result().failed
    for number, variant in enumerate(variants):
        rules = sorted({rule for path, rule, _ in failed if path.startswith(f"/{number}/deploy/{name}/")})
        if rules:
            caught[variant.name].append(f"checkov ({', '.join(rules)})")
    for variant in variants:
        told = "; ".join(caught[variant.name]) or "NOT CAUGHT"
        record_property(PROPERTY, f"deploy/{name}, {variant.name:<34} {told}")
    assert [variant.name for variant in variants if not caught[variant.name]] == []


def _made_wrong(variant: Variant, folder: Path, providers: Providers) -> Root:
    made = providers.copy(variant.root, folder)
    made.edit(variant.file, variant.before, variant.after)
    return made


def _refused(done: Done, words: tuple[str, ...]) -> bool:
    return done.code != 0 and any(word in done.told for word in words)
