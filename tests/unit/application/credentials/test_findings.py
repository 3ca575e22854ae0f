"""What keeps a password from being replaced, or is left beside an identity, is told with the way out."""

from datetime import timedelta

import pytest

from application.maintenance.jobs import Report
from tests.fakes.credentials import CHANGE, USE, FakeDatabase, FakeUser
from tests.fakes.secrets import MemorySecretStore
from tests.unit.application.credentials.scenes import (
    AGE,
    PARTNER,
    SETTLING,
    TwoVersions,
    a_settled_site,
    a_site,
    with_administrator,
)

KINDS = pytest.mark.parametrize("kind", [MemorySecretStore, TwoVersions])


async def test_without_the_right_to_change_passwords_nothing_changes() -> None:
    """The finding names the page that tells which rights are missing."""
    site = await a_settled_site(parts=("storage",))
    for user in site.databases["storage"].users.values():
        user.rights = frozenset({USE})
    site.go_on(AGE)
    finding = await site.finding()
    assert finding.code == "credential-forbidden"
    assert "docs/mongodb.md" in finding.what
    assert await site.readable() == ["1"]


async def test_a_partner_who_may_not_read_does_not_log_in() -> None:
    """What every process would be refused by is not put."""
    site = await a_settled_site(parts=("storage",))
    site.databases["storage"].users["storage-b"].rights = frozenset({CHANGE})
    site.go_on(AGE)
    assert await site.found() == ["credential-refused"]
    assert await site.readable() == ["1"]
    site.databases["storage"].users["storage-b"].rights = PARTNER
    assert (await site.ran()).done == {"passwords replaced": 1}


async def test_the_user_before_is_not_disabled_while_the_newest_is_refused() -> None:
    """A version that somebody has put by mistake locks nobody out."""
    site = await a_settled_site(parts=("storage",))
    good = await site.newest()
    await site.put("storage", "fake://storage-z:wrong@storage")
    site.go_on(SETTLING)
    assert sorted(await site.found()) == ["credential-unpaired"]
    await site.put("storage", "fake://storage-a:wrong@storage")
    site.go_on(SETTLING)
    assert await site.found() == ["credential-newest-refused"]
    assert site.admits(good)


async def test_what_cannot_be_made_true_is_told() -> None:
    """The partner may not even read, or nobody may change his password."""
    site = await a_settled_site(parts=("storage",))
    await site.put("storage", "fake://storage-b:by-hand@storage")
    site.databases["storage"].users["storage-b"].rights = frozenset({CHANGE})
    site.go_on(SETTLING)
    assert await site.found() == ["credential-newest-refused"]
    site.databases["storage"].users["storage-a"].rights = frozenset({USE})
    assert await site.found() == ["credential-forbidden"]


async def test_an_administrator_who_is_refused_is_told() -> None:
    """Somebody has changed his password and not the secret."""
    site = await with_administrator(await a_site(parts=("storage",)))
    site.databases["storage"].users["admin"].password = "changed"
    site.go_on(SETTLING)
    assert await site.found() == ["credential-newest-refused", "credential-forbidden"]


async def test_users_who_take_turns_at_two_parts_are_not_changed() -> None:
    """What is replaced for one part the other still uses."""
    site = await a_settled_site()
    for part in site.parts:
        await site.put(part, "fake://storage-a:first-a@storage")
    site.go_on(AGE + SETTLING)
    assert await site.found() == ["credential-shared", "credential-shared"]
    assert site.admits("fake://storage-a:first-a@storage")
    assert [(status.next, status.due) for status in await site.job().statuses()] == [(None, None)] * 2


async def test_partners_at_two_parts_are_not_changed_either() -> None:
    """They would disable one another."""
    site = await a_settled_site()
    await site.put("vault", "fake://storage-b:x@storage")
    site.go_on(AGE + SETTLING)
    assert await site.found() == ["credential-shared", "credential-shared"]


async def test_a_user_without_a_partner_is_told() -> None:
    """By what the two should be called; and that the password gets old."""
    site = await a_site(parts=("storage",))
    await site.put("storage", "fake://panorama:first@storage")
    assert await site.found() == ["credential-unpaired"]
    site.go_on(timedelta(days=91))
    assert await site.found() == ["credential-overdue", "credential-unpaired"]


async def test_a_password_outside_of_the_secrets_is_told() -> None:
    """Nobody could replace it."""
    site = await a_settled_site(parts=("storage",))
    site.literal = {"storage": await site.newest()}
    finding = await site.finding()
    assert finding.code == "credential-unmanaged"
    assert "secret:NAME" in finding.what
    assert "first-a" not in finding.what


async def test_a_password_of_a_directory_is_told() -> None:
    """It is replaced elsewhere."""
    site = await a_site(parts=("storage",))
    await site.put("storage", "fake://a:b@storage?proof=directory")
    assert await site.found() == ["credential-unmanaged"]
    assert (await site.status()).kind == "directory"


async def test_where_nobody_logs_in_there_is_nothing_to_do() -> None:
    """Nor to find."""
    site = await a_site(parts=("storage",))
    await site.put("storage", "fake://storage")
    assert await site.ran() == Report()
    assert (await site.status()).kind == "nothing"


async def test_an_identity_needs_no_rotation() -> None:
    """There is nothing that could be copied."""
    site = await a_site(parts=("storage",))
    site.literal = {"storage": "fake://storage?proof=identity"}
    site.go_on(2 * AGE)
    assert await site.ran() == Report()
    status = await site.status()
    assert (status.kind, status.next, status.since) == ("identity", None, None)


@pytest.mark.parametrize(
    ("older", "newest", "environment", "left"),
    [
        ("fake://storage?proof=identity", "fake://key:secret@storage?proof=identity", {}, "the address holds a secret"),
        (
            "fake://storage?proof=identity",
            "fake://storage?proof=identity",
            {"FAKE_KEY": "hunter2"},
            "the environment holds a key",
        ),
        (
            "fake://storage-a:first-a@storage",
            "fake://storage?proof=identity",
            {},
            "an older version of the address holds a password",
        ),
        (
            "fake://k:s@storage?proof=identity",
            "fake://storage?proof=identity",
            {},
            "an older version of the address holds a password",
        ),
        ("something", "fake://storage?proof=identity", {}, "an older version of the address holds a password"),
    ],
)
async def test_a_secret_beside_an_identity_is_told(
    older: str, newest: str, environment: dict[str, str], left: str
) -> None:
    """In the address, in the environment, or in a version that can still be read."""
    site = await a_site(parts=())
    site.parts, site.environment = ("storage",), environment
    site.databases["storage"] = FakeDatabase({"storage-a": FakeUser("first-a", PARTNER)})
    await site.put("storage", older)
    await site.put("storage", newest)
    finding = await site.finding()
    assert finding.code == "credential-static"
    assert left in finding.what
