"""`panorama maintain`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from application.maintenance.loop import Advanced, Known, Maintenance
from application.maintenance.states import Ran
from entrypoints.cli.bars import Bars
from entrypoints.cli.endings import told_to_end
from entrypoints.cli.exits import Exit, Refusal
from entrypoints.cli.maintain_outcomes import code_of, outcome_of, show_outcome, show_outcomes
from entrypoints.cli.maintain_plan import show_dry_run, show_plan
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.services import with_services
from entrypoints.core_services import CoreServices


def maintain(
    watch: Annotated[bool, typer.Option("--watch", help="Go on until SIGTERM or Ctrl-C.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what is due when, and how each job stands.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done now.")] = False,
    job: Annotated[
        str | None, typer.Option("--job", metavar="NAME", help="Only this job; else all.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Do whatever is due, and say what was done; exit code 1 where a job failed or found what it cannot mend.

    A service does the same by itself in the background. Several instances share the work: one at a time has a job.
    """
    if watch + plan + dry_run > 1:
        raise typer.BadParameter("choose one of --watch, --plan and --dry-run")
    output = Output.chosen(json)

    async def act(services: CoreServices) -> Exit:
        names = _chosen(job, services.maintenance)
        if plan:
            return await _plan(output, services, names)
        if dry_run:
            return await _dry_run(output, services, names)
        return await (_watch if watch else _run)(output, services.maintenance, names)

    code = with_services(config, act)
    if code is not Exit.DONE:
        raise typer.Exit(code)


def _chosen(job: str | None, maintenance: Maintenance) -> Sequence[str]:
    if job is None:
        return maintenance.names
    if job not in maintenance.names:
        raise Refusal(f"there is no job {job}", f"choose one of: {', '.join(maintenance.names)}")
    return (job,)


async def _plan(output: Output, services: CoreServices, names: Sequence[str]) -> Exit:
    planned, states = await services.maintenance.plan(names), await services.maintenance.states(names)
    show_plan(output, planned, states, services.clock())
    return code_of(each.failure for each in planned)


async def _dry_run(output: Output, services: CoreServices, names: Sequence[str]) -> Exit:
    planned = await services.maintenance.plan(names)
    show_dry_run(output, planned, services.clock())
    return code_of(each.failure for each in planned)


async def _run(output: Output, maintenance: Maintenance, names: Sequence[str]) -> Exit:
    bars = Bars()
    with told_to_end() as ending, bars.progress:
        came = await maintenance.run(bars.tell, ending, names)
    show_outcomes(output, [outcome_of(name, ran) for name, ran in came.items()])
    if ending.is_set():
        raise KeyboardInterrupt
    ran = [each for each in came.values() if each is not None]
    return code_of((each.failure for each in ran), [finding for each in ran for finding in each.report.findings])


async def _watch(output: Output, maintenance: Maintenance, names: Sequence[str]) -> Exit:
    bars = Bars()

    def tell(event: Advanced | Ran | Known) -> None:
        bars.tell(event)
        if isinstance(event, Ran):
            show_outcome(output, outcome_of(event.job, event), event.at)

    output.remark("Doing what is due, until Ctrl-C.")
    with told_to_end() as ending, bars.progress:
        await maintenance.run_for_ever(tell, ending, names)
    return Exit.DONE
