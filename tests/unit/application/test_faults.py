"""What is told of an error that nobody expected."""

import pytest

from application.faults import described, fault_of, place_of, unexpected_in
from ports.edges import port_error_of
from ports.errors import NotFound, Unavailable, Unexpected

CANARY = "moon"


def test_an_error_is_told_by_kind_and_place() -> None:
    """Its words might be a customer's."""
    with pytest.raises(ValueError, match=CANARY) as caught:
        int(CANARY)
    told = fault_of(caught.value)
    assert told.startswith("ValueError at test_faults.py:")
    assert CANARY not in told


def test_a_group_is_told_by_its_first() -> None:
    """However deep it lies."""
    assert fault_of(ExceptionGroup("", [ExceptionGroup("", [KeyError("moon")])])) == "KeyError at "


def test_what_no_adapter_knows_is_told_by_code_kind_and_place() -> None:
    """Everything else by its code alone."""
    assert described(NotFound(CANARY)) == "not-found"
    assert described(port_error_of(KeyError(CANARY))) == "unavailable (KeyError at )"
    assert described(Unexpected(CANARY)) == "unavailable (Unexpected at )"


def test_what_has_passed_no_adapter_is_a_fault_and_no_outage() -> None:
    """Or a defect of ours would be looked for in the driver."""
    assert described(KeyError(CANARY)) == "fault (KeyError at )"


def test_what_nobody_expected_is_found_however_far_behind_it_is() -> None:
    """Of an error whose cause is expected, or that has none, there is nothing."""
    defect, unexpected = KeyError(CANARY), Unexpected(CANARY)
    outage = Unavailable(CANARY)
    outage.__cause__ = port_error_of(defect)
    assert unexpected_in(outage) is defect
    assert unexpected_in(port_error_of(defect)) is defect
    assert unexpected_in(unexpected) is unexpected
    outage.__cause__ = OSError(CANARY)
    assert unexpected_in(outage) is None
    assert unexpected_in(NotFound(CANARY)) is None


def test_an_error_that_was_never_raised_has_no_place() -> None:
    """There is nothing to point at."""
    assert place_of(None) == ""
