"""A measurement that is slow, broken or not as declared costs no other its figures, and its own are told."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest

from bench.figures import Figure, Measured, Row, Target, figure
from bench.rotation import check_pace
from bench.running import Measurement, Outcome, attempt, limited
from bench.scale import Scale
from bench.slowness import TooSlow, cause, is_slowness
from bench.wrk import LoadFailed, rate_of
from ports.errors import DeadlineExceeded, Unavailable

SPEED: Final = Target("speed", "x-disk", ">=", 2)
SIZE: Final = Target("size", "bytes", "<=", 100)
FOLDER: Final = Path("nowhere")


def raising(error: BaseException) -> Measurement:
    """Return a measurement that declares two figures and measures none."""

    def measure(_: Path, __: Scale) -> Measured:
        raise error

    return Measurement(measure, (SPEED, SIZE))


def finding(*figures: Figure) -> Measurement:
    """Return a measurement that declares two figures and measures these."""
    return Measurement(lambda _, __: Measured("Some", [Row("a", 1.0, "s")], figures), (SPEED, SIZE))


def lines(measurement: Measurement) -> list[str]:
    """Return the lines of what becomes of a measurement, by way of the file that its process leaves."""
    outcome = attempt(measurement, FOLDER, Scale.FULL)
    told = msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome)
    return [each.line for each in told.figures(measurement)]


def test_what_was_measured_is_held_against_its_targets() -> None:
    """One line for each figure."""
    both = figure((SPEED, SIZE), "speed", 2.0), figure((SPEED, SIZE), "size", 101)
    assert attempt(finding(*both), FOLDER, Scale.FULL).state == "measured"
    assert lines(finding(*both)) == [
        "BENCH speed 2 x-disk target >=2 ok",
        "BENCH size 101 bytes target <=100 short",
    ]


def test_a_measurement_takes_the_sizes_of_its_run() -> None:
    """It is told which, and where it may write."""
    seen: list[tuple[Path, Scale]] = []

    def measure(folder: Path, scale: Scale) -> Measured:
        seen.append((folder, scale))
        return Measured("Some", [], [])

    assert attempt(Measurement(measure, ()), FOLDER, Scale.QUICK).state == "measured"
    assert seen == [(FOLDER, Scale.QUICK)]


def test_what_is_too_slow_is_short() -> None:
    """Without a value, and with the cause in one line."""
    slow = raising(TooSlow("200 edits a second were due, and 140 were answered"))
    assert attempt(slow, FOLDER, Scale.FULL) == Outcome(
        "short", "TooSlow: 200 edits a second were due, and 140 were answered"
    )
    assert lines(slow) == ["BENCH speed - x-disk target >=2 short", "BENCH size - bytes target <=100 short"]


def test_what_does_not_end_is_short() -> None:
    """As it is ended after a while."""
    outcome = limited(5_400)
    assert outcome == Outcome("short", "TooSlow: not finished in 5,400 seconds")
    assert [each.verdict for each in outcome.figures(finding())] == ["short", "short"]


def test_what_is_broken_has_failed() -> None:
    """For a reason that is not slowness."""
    broken = raising(ZeroDivisionError("float division by zero\nand more\nand more"))
    assert attempt(broken, FOLDER, Scale.FULL) == Outcome(
        "failed", "ZeroDivisionError: float division by zero: and more"
    )
    assert lines(broken) == ["BENCH speed - x-disk target >=2 failed", "BENCH size - bytes target <=100 failed"]


def test_an_interrupt_ends_the_run() -> None:
    """It is no outcome."""
    with pytest.raises(KeyboardInterrupt):
        attempt(raising(KeyboardInterrupt()), FOLDER, Scale.FULL)


@pytest.mark.parametrize(
    "figures",
    [
        [figure([SPEED], "speed", 2.0)],
        [figure([SPEED], "speed", 2.0), figure([SIZE], "size", 1), Figure("colour", 1.0, "nm", ">=", 1)],
        [figure([SPEED], "speed", 2.0), Figure("size", 1, "bytes", "<=", 1_000)],
    ],
    ids=["one is missing", "one is undeclared", "one has another target"],
)
def test_other_figures_than_declared_have_failed(figures: list[Figure]) -> None:
    """The declared ones are told nevertheless."""
    outcome = attempt(finding(*figures), FOLDER, Scale.FULL)
    assert outcome.state == "failed"
    assert outcome.cause.startswith("Undeclared: declared and measured figures differ: ")
    assert lines(finding(*figures)) == [
        "BENCH speed - x-disk target >=2 failed",
        "BENCH size - bytes target <=100 failed",
    ]


def test_no_undeclared_figure_can_be_made() -> None:
    """Its name is looked for among those that are declared."""
    with pytest.raises(KeyError, match="colour"):
        figure((SPEED, SIZE), "colour", 1.0)


def test_what_was_never_heard_of_is_short_and_not_lost() -> None:
    """An infinite value has no number in JSON, and misses its target on either side of it."""
    never = Measured("Lag", [Row("lag", float("inf"), "s")], [figure([SIZE], "size", float("inf"))])
    assert lines(Measurement(lambda _, __: never, [SIZE])) == ["BENCH size - bytes target <=100 short"]


def answered(status: int) -> httpx.HTTPStatusError:
    """Return what a client raises on such an answer."""
    request = httpx.Request("GET", "http://127.0.0.1/")
    return httpx.HTTPStatusError(f"answered {status}", request=request, response=httpx.Response(status))


@pytest.mark.parametrize(
    "error",
    [
        TooSlow("slow"),
        TimeoutError(),
        httpx.ReadTimeout("late"),
        httpx.PoolTimeout("late"),
        subprocess.TimeoutExpired("restic", 1),
        DeadlineExceeded("late"),
        answered(503),
        answered(429),
        ExceptionGroup("several", [httpx.PoolTimeout("late"), answered(503)]),
    ],
)
def test_slowness_is_known(error: Exception) -> None:
    """By the kind of the error, not by its words."""
    assert is_slowness(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("timeout"),
        Unavailable("gone"),
        answered(500),
        answered(404),
        httpx.ConnectError("refused"),
        subprocess.CalledProcessError(1, "restic"),
        ExceptionGroup("several", [httpx.PoolTimeout("late"), ValueError("wrong")]),
    ],
)
def test_what_is_no_slowness(error: Exception) -> None:
    """One such error in a group makes a failure of it."""
    assert not is_slowness(error)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError(), "ValueError"),
        (ExceptionGroup("several", [ExceptionGroup("more", [ValueError("wrong")])]), "ValueError: wrong"),
        (
            subprocess.CalledProcessError(3, "restic", stderr=b"many words\nFatal: no space\n"),
            "CalledProcessError: Command 'restic' returned non-zero exit status 3.: Fatal: no space",
        ),
        (
            subprocess.CalledProcessError(3, "restic", stderr="Fatal: no space"),
            "CalledProcessError: Command 'restic' returned non-zero exit status 3.: Fatal: no space",
        ),
    ],
)
def test_a_cause_is_one_line(error: Exception, line: str) -> None:
    """With what a command has said last."""
    assert cause(error) == line


def test_a_pace_that_is_kept_late_is_not_kept() -> None:
    """Half as long again as was planned is too long."""
    check_pace(200, 8, 12.0)
    with pytest.raises(TooSlow, match="200 edits a second were due, and 100 were answered"):
        check_pace(200, 8, 16.0)


WRK: Final = "  Latency 1.00ms\n{}Requests/sec:   1234.50\nTransfer/sec: 1.00MB\n"


def test_answers_that_came_late_are_slowness_and_refusals_are_not() -> None:
    """By what wrk reports."""
    errors: Callable[[str], str] = WRK.format
    assert rate_of(errors("")) == 1234.5
    with pytest.raises(TooSlow, match="3 requests were not answered within 2 seconds"):
        rate_of(errors("  Socket errors: connect 0, read 0, write 0, timeout 3\n"))
    for line in ("  Socket errors: connect 0, read 1, write 0, timeout 3\n", "  Non-2xx or 3xx responses: 7\n"):
        with pytest.raises(LoadFailed):
            rate_of(errors(line))
    with pytest.raises(LoadFailed):
        rate_of("nothing")
