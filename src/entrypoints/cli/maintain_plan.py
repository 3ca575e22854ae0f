"""What `panorama maintain` says of what is to come, and of what is known of each job."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from application.maintenance.jobs import Due
from application.maintenance.loop import Planned
from application.maintenance.states import JobState
from entrypoints.cli.maintain_outcomes import moment, reason_of, word_of
from entrypoints.cli.output import Output


class Entry(msgspec.Struct, frozen=True):
    """Something that is due, and the job that will do it."""

    job: str
    due: Due


def entries(plan: Iterable[Planned], until: datetime | None = None) -> list[Entry]:
    """Return what is due, at the latest at `until` if that is given, soonest first."""
    found = [Entry(planned.job, due) for planned in plan for due in planned.due]
    wanted = [entry for entry in found if until is None or entry.due.at <= until]
    return sorted(wanted, key=lambda entry: (entry.due.at, entry.job))


def show_plan(output: Output, plan: Sequence[Planned], states: Mapping[str, JobState], now: datetime) -> None:
    """Print what is known of every job, what is due when, and how much of it is due now."""
    if output.json:
        jobs = [{"job": job, **msgspec.to_builtins(state)} for job, state in states.items()]
        output.document({"jobs": jobs, **_documents(entries(plan), plan)})
        return
    rows = [_row(job, state) for job, state in states.items()]
    output.table(("job", "last done", "last turn", "outcome", "findings"), rows)
    due = entries(plan)
    _show_entries(output, due, plan)
    late = len(entries(plan, now))
    if late:
        output.line(f"{late} of that is due now; the next turn of maintenance does it.")
    elif not due:
        output.line("Nothing is planned.")


def show_dry_run(output: Output, plan: Sequence[Planned], now: datetime) -> None:
    """Print what would be done now."""
    due = entries(plan, now)
    if output.json:
        output.document(_documents(due, plan))
        return
    _show_entries(output, due, plan)
    output.line(f"{len(due)} of what is planned would be done now." if due else "Nothing is due now.")


def _show_entries(output: Output, due: Sequence[Entry], plan: Sequence[Planned]) -> None:
    rows = [(moment(entry.due.at), entry.job, entry.due.what, entry.due.tenant or "") for entry in due]
    if rows:
        output.table(("when", "job", "what", "tenant"), rows)
    for planned in plan:
        if planned.failure is not None:
            output.line(f"! {planned.job} cannot say what is due: {reason_of(planned.failure)}")


def _documents(due: Sequence[Entry], plan: Sequence[Planned]) -> dict[str, Any]:
    failed = [each for each in plan if each.failure is not None]
    return {
        "due": [{"job": entry.job, **msgspec.structs.asdict(entry.due)} for entry in due],
        "failures": [{"job": each.job, "failure": each.failure} for each in failed],
    }


def _row(job: str, state: JobState) -> tuple[str, ...]:
    outcome = "has had no turn yet" if state.last is None else word_of(state.last)
    if state.lease.holder is not None:
        total = "" if state.progress.total is None else f" of {state.progress.total}"
        outcome = f"under way, {state.progress.done}{total} steps done"
    findings = ", ".join(f"{code}: {count}" for code, count in state.findings.items())
    last = None if state.last is None else state.last.at
    return job, moment(state.succeeded), moment(last), outcome, findings
