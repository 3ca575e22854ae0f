"""What is shown of drills."""

from collections.abc import Sequence

from rich.filesize import decimal

from application.drills.results import Result
from entrypoints.cli.output import Output


def drills_in_short(results: Sequence[Result]) -> str:
    """Say in a sentence how the last drills went."""
    if not results:
        return "No drill yet: `panorama drill` restores the newest backup, and looks at it."
    last, failed = results[-1], sum(not each.succeeded for each in results)
    went = "went well" if last.succeeded else f"! failed: {last.problems[0]}"
    return f"Last drill, {last.at:%Y-%m-%d %H:%M:%S}: {went}. Of the last {len(results)}, {failed} failed."


def show_drill(output: Output, result: Result) -> None:
    """Say what a drill has come to."""
    if output.json:
        output.document(result)
        return
    rows = [(step, f"{seconds:.1f} s") for step, seconds in result.steps.items()]
    output.table(("step", "time"), rows)
    if result.position is not None:
        age = "" if result.age_seconds is None else f", {result.age_seconds:.0f} s old"
        rate = "" if result.rate is None else f", {decimal(round(result.rate))}/s"
        output.line(f"Restored manifest {result.position}{age}: {decimal(result.size)}{rate}.")
    if result.succeeded:
        output.line(f"{result.records} records opened, {result.panoramas} panoramas are whole, digest {result.digest}.")
    for problem in result.problems:
        output.line(f"! {problem}.")
    where = f"{', '.join(result.stores)} with {', '.join(result.keys)}"
    if result.elsewhere:
        output.line(f"Nothing of the site's own cloud was used, only {where}.")
    else:
        output.line(f"Used {where}: of stores or key managers none is known to be outside the site's own cloud.")
