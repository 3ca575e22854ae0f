"""What the ledger and the receipt say of a life that has ended, and when it may be called shredded."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from msgspec.structs import replace

from domain.approvals import Request
from domain.erasures import (
    Evidence,
    Period,
    Receipt,
    VaultCopies,
    confirmed,
    end_of,
    held_periods,
    outstanding,
    purged,
    reopened,
    shredded,
    stage,
    tenant_hash,
)
from domain.holds import Hold
from domain.ids import TenantId
from domain.retention import Stage
from domain.tenants import Installation, begin_life, uninstall

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TENANT = uninstall(
    uninstall(begin_life(TenantId("t"), Installation(alias="jira:a", issued=START), START), START + DAY),
    START + 2 * DAY,
)
ENTRY = end_of(TENANT, START + 15 * DAY)
RECEIPT = Receipt(erasure=ENTRY, records={"change": 3}, generations=(1, 2))
CONFIRMED = confirmed(purged(RECEIPT, START + 15 * DAY), START + 16 * DAY, 2)
CLEAN = VaultCopies(store="blobs 1", verified=START + 17 * DAY, oldest=START + 17 * DAY)


def test_an_entry_tells_a_life_by_its_id_and_its_dates() -> None:
    """Never by its alias: the first removal, the newest callback and the decision are told apart."""
    told = (START, START + DAY, START + 2 * DAY, START + 15 * DAY)
    assert (ENTRY.began, ENTRY.removed, ENTRY.ended, ENTRY.decided) == told
    assert "jira" not in repr(ENTRY)
    assert end_of(replace(TENANT, uninstalled=None), START).removed == START


def test_periods_of_holds_are_told_without_reasons() -> None:
    """Only of those that have been released."""
    first, second, third = (Request(reason="r", at=START + day * DAY) for day in range(3))
    assert held_periods(replace(TENANT, holds=(Hold(first, second), Hold(third)))) == (Period(START, START + DAY),)


def test_dates_are_noted_step_by_step() -> None:
    """The first purge is noted once; what is found again takes the confirmation back."""
    assert purged(CONFIRMED, START + 99 * DAY) == CONFIRMED
    assert (CONFIRMED.confirmed, CONFIRMED.stragglers) == (START + 16 * DAY, 2)
    assert reopened(CONFIRMED).confirmed is None
    assert confirmed(reopened(CONFIRMED), START + 17 * DAY, 1).stragglers == 3
    assert shredded(CONFIRMED, START + 26 * DAY).shredded == START + 26 * DAY


def test_a_purge_goes_on_from_stage_to_stage() -> None:
    """And back where something is found again."""
    steps = [RECEIPT, purged(RECEIPT, START), CONFIRMED, shredded(CONFIRMED, START), reopened(CONFIRMED)]
    told = [Stage.PURGING, Stage.PURGED, Stage.CONFIRMED, Stage.SHREDDED, Stage.PURGED]
    assert [stage(each) for each in steps] == told


@pytest.mark.parametrize(
    ("evidence", "phrases"),
    [
        (Evidence(), ()),
        (Evidence(copies=(CLEAN,)), ()),
        (Evidence(copies=(replace(CLEAN, oldest=None),)), ()),
        (Evidence(unconfirmed=("west",)), ("west has not confirmed the erasure",)),
        (
            Evidence(copies=(replace(CLEAN, verified=None),)),
            ("blobs 1 has no verified copy of the vault that was begun after the purge",),
        ),
        (
            Evidence(copies=(CLEAN, replace(CLEAN, verified=CONFIRMED.confirmed))),
            ("blobs 1 has no verified copy of the vault that was begun after the purge",),
        ),
        (
            Evidence(copies=(replace(CLEAN, oldest=CONFIRMED.confirmed), CLEAN)),
            ("blobs 1 still holds a copy of the vault from before",),
        ),
    ],
)
def test_shredded_is_what_nothing_is_outstanding_of(evidence: Evidence, phrases: tuple[str, ...]) -> None:
    """Every site and standby, a clean verified copy in every store, no older copy anywhere."""
    assert outstanding(CONFIRMED, evidence) == phrases


def test_nothing_is_shredded_before_it_is_confirmed() -> None:
    """Whatever is known of copies."""
    assert outstanding(RECEIPT, Evidence(copies=(CLEAN,))) == ("the purge is not confirmed on this site",)


def test_a_receipt_names_a_tenant_by_its_hash() -> None:
    """SHA-256 of the id."""
    assert tenant_hash(TenantId("t")) == sha256(b"t").hexdigest()
