"""What an edge lets out, and what it makes of the rest."""

import asyncio

import pytest

from ports.edges import port_error_of, port_errors_only
from ports.errors import NotFound, PortError, Unavailable, Unexpected
from tests.drivers import ERRORS, SECRET


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_nobody_expects_is_an_outage(error: Exception) -> None:
    """It counts as Unavailable, keeps its cause and tells its class alone."""
    with pytest.raises(Unavailable) as raised, port_errors_only():
        raise error
    assert type(raised.value) is Unexpected
    assert raised.value.code == Unavailable.code
    assert raised.value.__cause__ is error
    assert type(error).__name__ in str(raised.value)
    assert SECRET not in str(raised.value)


def test_an_error_of_the_port_stays_what_it_is() -> None:
    """The same object passes."""
    error = NotFound("there is nothing")
    with pytest.raises(PortError) as raised, port_errors_only():
        raise error
    assert raised.value is error
    assert port_error_of(error) is error


@pytest.mark.parametrize("end", [asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_work_passes(end: type[BaseException]) -> None:
    """Whoever cancels a call, or ends the process, is obeyed."""
    with pytest.raises(end), port_errors_only():
        raise end
