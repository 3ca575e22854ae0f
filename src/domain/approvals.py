"""What one person asks for, and a different one approves."""

from datetime import datetime
from enum import Enum

import msgspec
from msgspec.structs import replace

from domain.errors import ApprovalRefused
from domain.ids import StaffId


class Standing(Enum):
    """How much a request is worth to an auditor."""

    APPROVED = "approved"
    REQUESTED = "requested, unapproved"
    SINGLE_OPERATOR = "single operator, unapproved"
    """Nobody had signed in: whoever may run commands on the machine has asked for it."""


class Approval(msgspec.Struct, frozen=True):
    """Somebody's consent to a request of somebody else."""

    by: StaffId
    at: datetime


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Something out of the ordinary that somebody asks for."""

    reason: str
    """In the words of whoever asks; sealed with the rest, and never logged."""

    at: datetime
    by: StaffId | None = None
    """Who had signed in; None where nobody had."""

    approval: Approval | None = None

    def __repr__(self) -> str:
        """Leave out the reason, which may name people."""
        return f"Request(at={self.at}, by={self.by}, approval={self.approval})"


def standing(request: Request) -> Standing:
    """A request counts as approved only if two different people who had signed in stand behind it."""
    if request.by is None:
        return Standing.SINGLE_OPERATOR
    return Standing.REQUESTED if request.approval is None else Standing.APPROVED


def approve(request: Request, by: StaffId, at: datetime) -> Request:
    """Only what somebody signed in has asked for can be approved, once, and by somebody else.

    Raises ApprovalRefused.
    """
    if request.by is None:
        raise ApprovalRefused("nobody who had signed in has asked for it")
    if request.by == by:
        raise ApprovalRefused("whoever asks for something does not approve it")
    if request.approval is not None:
        raise ApprovalRefused("it is approved already")
    return replace(request, approval=Approval(by, at))
