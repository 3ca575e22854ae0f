"""How the outcome of maintenance and what it has planned are told, and how the command ends."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from application.maintenance.jobs import Due, Finding, Progress, Report
from application.maintenance.loop import Advanced, Known, Planned
from application.maintenance.states import Failure, JobState, Ran
from domain.ids import TenantId
from domain.leases import Lease
from entrypoints.cli.bars import Bars
from entrypoints.cli.exits import Exit
from entrypoints.cli.maintain_outcomes import code_of, outcome_of, show_outcome, show_outcomes
from entrypoints.cli.maintain_plan import show_dry_run, show_plan
from entrypoints.cli.output import Output
from entrypoints.cli.terminal import Terminal

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
RAN = Ran(job="work", at=NOW, seconds=1.25, steps=3, report=Report(done={"keys made": 2, "keys kept": 1}))
RED = Finding(code="missing-wrap", what="a wrap is missing; repair the key manager", tenant=TenantId("abc"))
FAULT = Failure("fault", "ValueError at x.py:1")


class Page:
    """An output for people, and what stands on it."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.output = Output(json=False, console=Terminal(file=self._stream, width=200))

    @property
    def lines(self) -> list[list[str]]:
        return [line.split() for line in self._stream.getvalue().splitlines()]

    @property
    def text(self) -> str:
        return " ".join(self._stream.getvalue().split())


@pytest.fixture
def page() -> Page:
    """Return an empty page."""
    return Page()


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what was printed for machines."""
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("ran", "word"),
    [
        (RAN, "done"),
        (replace(RAN, report=Report(unfinished=True)), "unfinished"),
        (replace(RAN, failure=FAULT), "failed"),
        (replace(RAN, lost=True), "taken over by another instance"),
        (None, "left to another instance"),
    ],
)
def test_how_a_job_ended_is_a_word(ran: Ran | None, word: str) -> None:
    """The same for people and machines."""
    assert outcome_of("work", ran).outcome == word


@pytest.mark.parametrize(
    ("failures", "findings", "code"),
    [
        ([None], [], Exit.DONE),
        ([None], [RED], Exit.REFUSED),
        ([FAULT, None], [], Exit.REFUSED),
        ([Failure("not-found")], [], Exit.REFUSED),
        ([FAULT, Failure("unavailable")], [RED], Exit.UNAVAILABLE),
        ([Failure("deadline-exceeded")], [], Exit.UNAVAILABLE),
        ([Failure("read-only")], [], Exit.UNAVAILABLE),
    ],
)
def test_the_exit_code_says_whether_anything_is_wrong(
    failures: list[Failure | None], findings: list[Finding], code: Exit
) -> None:
    """What is out goes before a fault, and what was found is no success."""
    assert code_of(failures, findings) is code


def test_people_see_what_was_done_and_what_is_wrong_with_its_way_out(page: Page) -> None:
    """A row for each job, a line for each complaint."""
    red = replace(RAN, report=replace(RAN.report, findings=(RED,)))
    ran = {"work": red, "rest": replace(RAN, failure=FAULT), "sleep": replace(RAN, failure=Failure("unavailable"))}
    show_outcomes(page.output, [outcome_of(job, each) for job, each in ran.items()])
    assert page.lines[1] == ["work", "done", "keys", "made:", "2,", "keys", "kept:", "1", "1.2", "s"]
    assert "! work: a wrap is missing; repair the key manager (tenant abc)" in page.text
    assert "! rest failed: the program has a fault, ValueError at x.py:1; report it with this line" in page.text
    assert "! sleep failed: unavailable; `panorama config check --connect` tells which part it is" in page.text


def test_machines_see_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """As one document."""
    show_outcomes(Output(json=True), [outcome_of("work", replace(RAN, failure=FAULT, report=Report(findings=(RED,))))])
    assert document(capsys)["jobs"] == [
        {
            "job": "work",
            "outcome": "failed",
            "done": {},
            "findings": [{"code": "missing-wrap", "what": RED.what, "tenant": "abc"}],
            "failure": {"code": "fault", "where": "ValueError at x.py:1"},
            "seconds": 1.25,
            "steps": 3,
        }
    ]


def test_who_watches_sees_a_line_where_something_was_done(page: Page) -> None:
    """Or is wrong; nothing for a turn that did nothing."""
    show_outcome(page.output, outcome_of("work", replace(RAN, report=Report())), NOW)
    assert page.lines == []
    show_outcome(page.output, outcome_of("work", RAN), NOW)
    show_outcome(page.output, outcome_of("work", replace(RAN, report=Report(findings=(RED,)))), NOW)
    assert page.text == (
        "2026-01-01 12:00 work: done. keys made: 2, keys kept: 1 "
        "! work: a wrap is missing; repair the key manager (tenant abc)"
    )


def test_a_machine_that_watches_reads_a_line_for_each_turn(capsys: pytest.CaptureFixture[str]) -> None:
    """Also for one that did nothing."""
    show_outcome(Output(json=True), outcome_of("work", replace(RAN, report=Report())), NOW)
    assert document(capsys)["outcome"] == "done"


PLAN = [
    Planned("late", (Due(at=NOW + timedelta(days=1), what="rest"), Due(at=NOW, what="work", tenant=TenantId("abc")))),
    Planned("soon", (Due(at=NOW - timedelta(days=1), what="hurry"),)),
    Planned("broken", (), FAULT),
]
STATES = {
    "late": JobState(last=RAN, succeeded=NOW - timedelta(days=2), findings={"missing-wrap": 2}),
    "soon": JobState(lease=Lease(1, "x"), progress=Progress(3, 10)),
    "broken": JobState(lease=Lease(1, "x"), progress=Progress(3)),
    "new": JobState(),
}


def test_a_plan_is_sorted_by_time_and_tells_how_each_job_stands(page: Page) -> None:
    """When it was last done, what came of it, who is at it; then what is due; then who cannot say."""
    show_plan(page.output, PLAN, STATES, NOW)
    assert [line[0] for line in page.lines[1:5]] == ["late", "soon", "broken", "new"]
    assert "late 2025-12-30 12:00 2026-01-01 12:00 done missing-wrap: 2" in page.text
    assert "under way, 3 of 10 steps done" in page.text
    assert "under way, 3 steps done" in page.text
    assert "has had no turn yet" in page.text
    assert [line[3] for line in page.lines[6:9]] == ["hurry", "work", "rest"]
    assert page.lines[7][-1] == "abc"
    assert "! broken cannot say what is due: the program has a fault" in page.text
    assert "2 of that is due now; the next turn of maintenance does it." in page.text


def test_a_plan_of_what_is_due_later_alone_says_no_more(page: Page) -> None:
    """Nobody is called to do anything."""
    show_plan(page.output, PLAN, STATES, NOW - timedelta(days=400))
    assert "due now" not in page.text
    assert "Nothing is planned" not in page.text


def test_a_plan_that_is_empty_says_so(page: Page) -> None:
    """How the jobs stand is told all the same."""
    show_plan(page.output, [Planned("new")], {"new": JobState()}, NOW)
    assert page.text.endswith("new has had no turn yet Nothing is planned.")


def test_a_plan_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs by name, what is due soonest first, failures."""
    show_plan(Output(json=True), PLAN, STATES, NOW)
    told = document(capsys)
    assert [job["job"] for job in told["jobs"]] == list(STATES)
    assert told["jobs"][0]["last"]["report"]["done"] == RAN.report.done
    assert told["due"][1] == {"job": "late", "at": "2026-01-01T12:00:00Z", "what": "work", "tenant": "abc"}
    assert told["failures"] == [{"job": "broken", "failure": {"code": "fault", "where": "ValueError at x.py:1"}}]


def test_a_dry_run_tells_what_is_due_by_now(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    """And no more than that."""
    show_dry_run(page.output, PLAN, NOW)
    assert "rest" not in page.text
    assert "2 of what is planned would be done now." in page.text
    show_dry_run(page.output, [], NOW)
    assert "Nothing is due now." in page.text
    show_dry_run(Output(json=True), PLAN, NOW)
    assert [each["what"] for each in document(capsys)["due"]] == ["hurry", "work"]


def test_a_bar_shows_for_as_long_as_a_job_tells_how_far_it_is() -> None:
    """The total once it is known."""
    bars = Bars()
    bars.tell(RAN)
    bars.tell(Advanced("work", Progress(1)))
    bars.tell(Advanced("work", Progress(2, 10)))
    (task,) = bars.progress.tasks
    assert (task.description, task.completed, task.total) == ("work", 2, 10)
    bars.tell(RAN)
    bars.tell(Known("work", JobState()))
    assert bars.progress.tasks == []
