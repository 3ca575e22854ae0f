"""deploy/aws is formed right, keeps what it promises, and what would break a promise is refused by a check."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.deploy.checkov import look
from tests.deploy.terraform import Root, copied
from tests.summaries import PROPERTY

pytestmark = pytest.mark.timeout(600)

PROMISES: Final = "tests/promises.tftest.hcl"

CHECKED: Final = 300
"""With fewer rules checkov would not have looked."""

REASON: Final = 40
"""No shorter words are a reason."""

REFUSED: Final = ("Test assertion failed", "Invalid value for variable", "to be in the range")
"""How Terraform says that something is wrong, and not only misspelt."""

_REDIRECT: Final = """type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }"""
_FORWARD: Final = """type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn"""


class Variant(NamedTuple):
    """Something deliberately wrong: a text of a file, and what stands there instead."""

    name: str
    file: str
    before: str
    after: str


VARIANTS: Final = (
    Variant("keys renewed every 30 days", "../common/app.json", '"rotation_days": 90', '"rotation_days": 30'),
    Variant("keys never renewed", "keys.tf", "enable_key_rotation     = true", "enable_key_rotation     = false"),
    Variant("a bucket that may be public", "backups.tf", "block_public_acls       = true", "block_public_acls = false"),
    Variant("one zone", "cloud.tf", '["us-east-1a", "us-east-1b"]', '["us-east-1a"]'),
    Variant("a listener that serves http", "balancer.tf", _REDIRECT, _FORWARD),
    Variant("TLS 1.0", "balancer.tf", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"),
    Variant("backups without locks", "backups.tf", "object_lock_enabled = true", "object_lock_enabled = false"),
    Variant("deleted objects kept for a month", "backups.tf", "local.app.soft_delete.noncurrent_days", "30"),
    Variant("serving that may delete", "identities.tf", 'serve   = ["look",', 'serve   = ["look", "hide",'),
)  # fmt: skip


@pytest.fixture(scope="module", params=["aws", "aws/dns"])
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Return each root, with its provider."""
    made = copied(request.param, tmp_path_factory.mktemp("root"))
    made.begin()
    return made


def test_it_is_formed_as_terraform_forms_it(root: Root) -> None:
    """So that a change shows what has changed, and nothing else."""
    root.do("fmt", "-check", "-recursive", "-diff")


def test_it_is_valid(root: Root) -> None:
    """By the provider's own schema, down to the values that it takes."""
    assert root.document("validate", "-json")["diagnostics"] == []


def test_it_keeps_its_promises(tmp_path: Path) -> None:
    """Each of `tests/*.tftest.hcl`: what must hold of what is built, and what is refused before."""
    made = copied("aws", tmp_path)
    made.begin()
    assert "Success!" in made.do("test", "-no-color")


def test_checkov_finds_nothing_but_what_has_its_reason(tmp_path: Path) -> None:
    """Written beside what it is an exception for."""
    found = look(copied("aws", tmp_path).folder)
    assert found.failed == []
    assert found.passed > CHECKED
    assert [rule for rule, why in found.excused if len(why) < REASON] == []


def test_what_is_deliberately_wrong_is_refused(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """By one check at the least; which ones is told at the end of the run."""
    caught: dict[str, list[str]] = defaultdict(list)
    for number, variant in enumerate(VARIANTS):
        made = copied("aws", tmp_path / str(number))
        made.edit(variant.file, variant.before, variant.after)
        made.begin()
        done = made.run("test", "-no-color", f"-filter={PROMISES}")
        if done.code and any(word in done.told for word in REFUSED):
            caught[variant.name].append("terraform test")
    failed = look(tmp_path).failed
    for number, variant in enumerate(VARIANTS):
        rules = sorted({rule for path, rule, _ in failed if path.startswith(f"/{number}/deploy/aws/")})
        if rules:
            caught[variant.name].append(f"checkov ({', '.join(rules)})")
    for variant in VARIANTS:
        record_property(PROPERTY, f"deploy/aws, {variant.name:<34} {'; '.join(caught[variant.name]) or 'NOT CAUGHT'}")
    assert [variant.name for variant in VARIANTS if not caught[variant.name]] == []
