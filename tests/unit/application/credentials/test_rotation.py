"""Passwords are replaced before they are too old, by two users who take turns."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from application.credentials.accounts import look
from application.credentials.agreements import Agreement, Agreements
from application.credentials.replacing import PROBE
from application.maintenance.jobs import Due, Report, Turn
from domain.credentials import Step
from domain.ids import SYSTEM
from ports.errors import NotFound, Unavailable
from tests.fakes.credentials import CHANGE, USE, FakeDatabase, FakeUser
from tests.fakes.secrets import MemorySecretStore
from tests.unit.application.credentials.scenes import (
    AGE,
    PARTNER,
    SETTLING,
    Stopped,
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


async def test_to_agree_twice_is_to_agree_once() -> None:
    """Whoever comes second finds it agreed."""
    site = await a_settled_site(parts=("storage",))
    agreements = Agreements(site.house.records)
    for _ in range(2):
        await agreements.settle("storage", "1")
    assert [await agreements.agree("storage", "1", word) for word in ("one", "two")] == ["one", "one"]
    assert await agreements.find("storage", "1") == Agreement(settled=True, password="one")


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
    assert await site.job().plan() == [Due(at=start + SETTLING, what="disable the user before of the storage")]
    site.go_on(SETTLING)
    await site.ran()
    assert (await site.status()).next is Step.REPLACE
    assert await site.job().plan() == [Due(at=start + AGE, what="replace the password of the storage")]
    assert "first-a" not in repr(status)


async def test_the_plan_has_the_soonest_first() -> None:
    """Whatever the order of the parts."""
    site = await a_settled_site()
    await site.put("vault", f"{await site.newest('vault')}?option=1")
    assert [due.what for due in await site.job().plan()] == [
        "disable the user before of the vault",
        "replace the password of the storage",
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


async def test_a_version_that_was_put_before_its_password_was_known_is_made_true() -> None:
    """By the user before, who can still log in: an operator may change places by hand in either order."""
    site = await a_settled_site(parts=("storage",))
    before, newest = await site.newest(), "fake://storage-b:by-hand@storage"
    await site.put("storage", newest)
    site.go_on(SETTLING)
    assert (await site.ran()).done == {"users disabled": 1}
    assert site.admits(newest)
    assert not site.admits(before)


async def test_what_cannot_be_made_true_is_told() -> None:
    """The partner may not even read, or nobody may change his password."""
    site = await a_settled_site(parts=("storage",))
    await site.put("storage", "fake://storage-b:by-hand@storage")
    site.databases["storage"].users["storage-b"].rights = frozenset({CHANGE})
    site.go_on(SETTLING)
    assert await site.found() == ["credential-newest-refused"]
    site.databases["storage"].users["storage-a"].rights = frozenset({USE})
    assert await site.found() == ["credential-forbidden"]


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


async def test_two_processes_at_once_do_the_same() -> None:
    """Any number of them: the password is agreed on, and whoever comes second finds it done."""
    site = await a_settled_site(TwoVersions)
    for _ in range(3):
        site.go_on(AGE + SETTLING)
        await asyncio.gather(*(site.ran() for _ in range(4)))
        assert site.admits(await site.newest())
        for _ in range(2):
            site.go_on(SETTLING)
            await asyncio.gather(*(site.ran() for _ in range(4)))
        assert site.admits(await site.newest())


@pytest.mark.parametrize("administered", [False, True])
@pytest.mark.parametrize("due", [AGE, SETTLING])
async def test_a_process_that_was_stopped_for_months_locks_nobody_out(
    due: timedelta,
    administered: bool,  # noqa: FBT001 - a parameter's value
) -> None:
    """Whichever step it was stopped before: it looks again, and what it puts out of date is made true."""
    before = 0
    while True:
        before += 1
        site = await a_settled_site(parts=("storage",))
        if administered:
            site = await with_administrator(site)
            site.go_on(SETTLING)
            await site.ran()
        for time in (AGE, SETTLING) if due is SETTLING else ():
            site.go_on(time - SETTLING)
            await site.ran()
        site.go_on(due)
        steps = Stopped(site, before)
        with suppress(NotFound):
            await site.ran(steps)
        await (await site.instance()).check()
        site.go_on(SETTLING)
        await site.ran()
        assert [site.admits(address) for address in await site.addresses()] == [True, False]
        if steps.taken < before:
            break
    assert before > 8


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
