"""Nobody approves what they have asked for themselves, and nothing is called approved that was not."""

from datetime import UTC, datetime

import pytest

from domain.approvals import Approval, Request, Standing, approve, standing
from domain.errors import ApprovalRefused
from domain.ids import StaffId

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANN, BEN = StaffId("ann"), StaffId("ben")


def test_two_people_make_an_approval() -> None:
    """One asks, another one consents; until then it is a request."""
    asked = Request(reason="court order", at=NOW, by=ANN)
    assert standing(asked) is Standing.REQUESTED
    approved = approve(asked, BEN, NOW)
    assert standing(approved) is Standing.APPROVED
    assert approved.approval == Approval(BEN, NOW)


def test_nobody_approves_their_own_request() -> None:
    """The second person is a different one."""
    with pytest.raises(ApprovalRefused, match="does not approve it"):
        approve(Request(reason="r", at=NOW, by=ANN), ANN, NOW)


def test_what_nobody_signed_in_has_asked_for_stays_unapproved() -> None:
    """An operator at the machine is one person, whatever names they might give."""
    asked = Request(reason="r", at=NOW)
    assert standing(asked) is Standing.SINGLE_OPERATOR
    with pytest.raises(ApprovalRefused, match="nobody who had signed in"):
        approve(asked, BEN, NOW)


def test_an_approval_is_given_once() -> None:
    """A later one does not take the place of the first."""
    approved = approve(Request(reason="r", at=NOW, by=ANN), BEN, NOW)
    with pytest.raises(ApprovalRefused, match="approved already"):
        approve(approved, StaffId("cem"), NOW)


def test_a_reason_is_not_shown() -> None:
    """It may name people, and whoever prints a request may be writing a log."""
    assert "court" not in repr(Request(reason="court order", at=NOW))
