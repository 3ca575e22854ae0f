"""Passwords are replaced before they are too old, by two users who take turns."""

from datetime import timedelta

import pytest

from application.credentials.accounts import look
from application.credentials.agreements import Agreement
from application.credentials.replacing import PROBE
from application.maintenance.jobs import Due, Report, Turn
from domain.credentials import Step
from domain.ids import SYSTEM
from ports.errors import Unavailable
from tests.fakes.credentials import USE
from tests.fakes.secrets import MemorySecretStore
from tests.unit.application.credentials.scenes import (
    AGE,
    SETTLING,
    TwoVersions,
    a_settled_site,
    a_site,
    with_administrator,
)

KINDS = pytest.mark.parametrize("kind", [MemorySecretStore, TwoVersions])


@KINDS
async def test_two_users_take_turns(kind: type[MemorySecretStore]) -> None:
    """When the password is old enough the partner gets one, then logs in, and then the user before is disabled."""
    site = await a_settled_site(kind)
    user = "a"
    for _ in range(4):
        before, user = await site.newest(), "b" if user == "a" else "a"
        site.go_on(AGE - 2 * SETTLING)
        assert (await site.ran()).done == {}
        site.go_on(SETTLING)
        assert (await site.ran()).done == {"passwords replaced": 2}
        newest = await site.newest()
        assert newest.startswith(f"fake://storage-{user}:")
        assert site.admits(newest)
        assert site.admits(before)
        site.go_on(SETTLING - timedelta(seconds=1))
        assert (await site.ran()).done == {}
        assert site.admits(before)
        site.go_on(timedelta(seconds=1))
        done = (await site.ran()).done
        assert done["users disabled"] == 2
        assert site.admits(newest)
        assert not site.admits(before)
        assert len(await site.readable()) == 2


async def test_no_two_passwords_are_alike() -> None:
    """Each is made of new randomness, also for each part."""
    site = await a_settled_site()
    seen = set[str]()
    for _ in range(3):
        site.go_on(AGE + SETTLING)
        await site.ran()
        seen |= {
            address.rpartition("@")[0].rpartition(":")[2] for address in [await site.newest(p) for p in site.parts]
        }
        site.go_on(SETTLING)
        await site.ran()
    assert len(seen) == 6


async def test_whoever_was_let_in_by_hand_is_disabled_at_first() -> None:
    """The partner's first password is known to whoever made him."""
    site = await a_site()
    assert (await site.ran()).done == {}
    assert site.admits("fake://storage-b:first-b@storage")
    site.go_on(SETTLING)
    assert (await site.ran()).done == {"users disabled": 2}
    assert not site.admits("fake://storage-b:first-b@storage")
    assert site.admits(await site.newest())


async def test_it_is_tried_by_one_record_whether_a_user_may_read_and_write() -> None:
    """However often it is tried; backups do not hold it."""
    site = await a_settled_site()
    for _ in range(3):
        site.go_on(AGE + SETTLING)
        await site.ran()
        site.go_on(SETTLING)
        await site.ran()
    memory = site.databases["storage"].memory
    assert len(await memory.scan(SYSTEM, PROBE)) == 1
    assert await memory.unshipped(10) == []


async def test_what_is_agreed_on_is_forgotten_when_it_is_past() -> None:
    """One record is left of each part, without a password."""
    site = await a_settled_site()
    for _ in range(3):
        site.go_on(AGE + SETTLING)
        await site.ran()
        site.go_on(SETTLING)
        await site.ran()
    assert [record.ref.key for record in await site.house.storage.scan(SYSTEM, "credential")] == [
        "storage/4",
        "vault/4",
    ]


async def test_an_older_version_with_the_same_user_counts_for_the_age() -> None:
    """Whoever changes an option of the address by hand does not make its password any younger."""
    site = await a_settled_site(parts=("storage",))
    site.go_on(AGE / 2)
    await site.put("storage", f"{await site.newest()}?option=1")
    site.go_on(AGE / 2)
    assert (await site.ran()).done == {"users disabled": 1, "passwords replaced": 1}
    assert (await site.newest()).startswith("fake://storage-b:")


async def test_a_version_may_be_left_before_its_time() -> None:
    """In an emergency, and once: what is newer than the version that was meant stays."""
    site = await a_settled_site()
    version = (await site.status()).version
    assert version is not None
    for expected in ({"passwords replaced": 1}, {}, {}):
        report = await site.job().advance(site.turn(), {"storage": version})
        assert report.done == expected
    site.go_on(SETTLING)
    assert (await site.job().advance(site.turn(), {"storage": version})).done == {"users disabled": 1}
    assert (await site.newest("vault")).startswith("fake://vault-a:")


async def test_the_user_before_is_disabled_before_the_next_turn_begins() -> None:
    """He is the one whose turn it is."""
    site = await a_site(parts=("storage",))
    assert (await site.job().advance(site.turn(), {"storage": "1"})).done == {}
    site.go_on(SETTLING)
    report = await site.job().advance(site.turn(), {"storage": "1"})
    assert report.done == {"users disabled": 1, "passwords replaced": 1}


async def test_status_and_plan_tell_what_is_next() -> None:
    """And never a password."""
    site = await a_site(parts=("storage",))
    status = await site.status()
    start = site.now
    assert (status.part, status.kind, status.user, status.version) == ("storage", "password", "storage-a", "1")
    assert (status.since, status.next, status.due) == (start, Step.SETTLE, start + SETTLING)
    assert await site.job().plan() == [Due(at=start + SETTLING, what="disable the user before (storage)")]
    site.go_on(SETTLING)
    await site.ran()
    assert (await site.status()).next is Step.REPLACE
    assert await site.job().plan() == [Due(at=start + AGE, what="replace the password (storage)")]
    assert "first-a" not in repr(status)


async def test_the_plan_has_the_soonest_first() -> None:
    """Whatever the order of the parts."""
    site = await a_settled_site()
    await site.put("vault", f"{await site.newest('vault')}?option=1")
    assert [due.what for due in await site.job().plan()] == [
        "disable the user before (vault)",
        "replace the password (storage)",
    ]


async def test_a_turn_that_is_over_leaves_the_rest_for_another() -> None:
    """Between two parts."""
    site = await a_settled_site()
    site.go_on(AGE)
    over = Turn(site.house.time.monotonic, 0)
    assert await site.job().run(over) == Report(unfinished=True)


@pytest.mark.parametrize("out", ["storage", "vault"])
async def test_a_part_that_is_out_does_not_keep_the_others_waiting(out: str) -> None:
    """Its failure is told in the end."""
    site = await a_settled_site()
    site.go_on(AGE)
    site.databases[out].failure = Unavailable("out")
    other = "vault" if out == "storage" else "storage"
    with pytest.raises(Unavailable):
        await site.ran()
    assert (await site.newest(other)).startswith(f"fake://{other}-b:")
    assert (await site.newest(out)).startswith(f"fake://{out}-a:")
    site.databases[out].failure = None
    assert (await site.ran()).done == {"passwords replaced": 1}


async def test_a_secret_that_cannot_be_read_does_not_keep_the_others_waiting() -> None:
    """It may have been mistyped in the configuration."""
    site = await a_settled_site()
    site.go_on(AGE)
    site.parts = ("storage", "missing", "vault")
    with pytest.raises(Exception, match="no such secret"):
        await site.ran()
    assert (await site.newest("vault")).startswith("fake://vault-b:")


async def test_a_version_that_was_put_before_its_password_was_known_is_made_true() -> None:
    """By the user before, who can still log in: an operator may change places by hand in either order."""
    site = await a_settled_site(parts=("storage",))
    before, newest = await site.newest(), "fake://storage-b:by-hand@storage"
    await site.put("storage", newest)
    site.go_on(SETTLING)
    assert (await site.ran()).done == {"users disabled": 1}
    assert site.admits(newest)
    assert not site.admits(before)


async def test_an_administrator_changes_what_the_users_may_not() -> None:
    """And makes the partner, with the user's rights, where there is none."""
    site = await with_administrator(await a_settled_site(parts=("storage",)))
    del site.databases["storage"].users["storage-b"]
    site.go_on(SETTLING)
    await site.ran()
    site.go_on(AGE)
    assert (await site.ran()).done == {"passwords replaced": 2}
    newest = await site.newest()
    assert newest.startswith("fake://storage-b:")
    assert site.databases["storage"].users["storage-b"].rights == frozenset({USE})
    site.go_on(SETTLING)
    assert (await site.ran()).done["users disabled"] == 1


async def test_an_administrator_changes_his_own_password() -> None:
    """He alone uses it, so nobody has to follow; the one before does not let him in any more."""
    site = await with_administrator(await a_settled_site(parts=("storage",)))
    for _ in range(3):
        before = await site.newest("admin")
        site.go_on(SETTLING)
        await site.ran()
        site.go_on(AGE)
        await site.ran()
        assert site.admits(await site.newest("admin"))
        assert not site.admits(before)
    status = await site.status("admin")
    assert (status.user, status.since) == ("admin", site.now)


async def test_representations_show_no_password() -> None:
    """Of nothing that a traceback or a log could hold."""
    site = await a_settled_site(parts=("storage",))
    job = site.job()
    (account,) = job._accounts  # noqa: SLF001 - what must not show itself
    sight = await look(account, job._agreements)  # noqa: SLF001 - as above
    history = await account.kept.history() if account.kept else None
    for shown in (account, sight, sight.password, history, Agreement(password="hunter2")):
        assert "first-a" not in repr(shown)
        assert "hunter2" not in repr(shown)
