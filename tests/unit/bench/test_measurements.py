"""The measurements that there are, how words name them, and what a run of them prints."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bench import __main__ as bench
from bench.adapters import adapters_of
from bench.figures import Figure, Measured, Row, Target, figure, show
from bench.measurements import MEASUREMENTS, select
from bench.results import QUICK_RESULTS, RESULTS, file_of
from bench.running import Outcome
from bench.scale import Scale, Sizes


def test_every_figure_is_declared_once() -> None:
    """Also at quick sizes, as there is one declaration for both."""
    names = [target.name for each in MEASUREMENTS.values() for target in each.targets]
    assert len(names) == len(set(names))
    assert all(each.targets for each in MEASUREMENTS.values())
    assert {"read_1000_nodes", "edit_p99_during_rotation", "adapter_s3_put_of_32_MiB_1", "failover_warm"} <= set(names)


def test_every_adapter_is_measured(tmp_path: Path) -> None:
    """By a measurement of its own."""
    assert set(select(["adapters"])) == {f"adapter-{name}" for name in adapters_of(tmp_path)}


def test_words_select_measurements() -> None:
    """None selects all; the name of a group selects its members."""
    assert select([]) == list(MEASUREMENTS)
    assert select(["lag", "reading"]) == ["lag", "reading"]
    with pytest.raises(KeyError, match="speed"):
        select(["reading", "speed"])


def test_quick_sizes_are_smaller_and_kept_apart() -> None:
    """So that nothing is computed from them."""
    assert (Sizes(9, 2).at(Scale.FULL), Sizes(9, 2).at(Scale.QUICK)) == (9, 2)
    assert (file_of(Scale.FULL), file_of(Scale.QUICK)) == (RESULTS, QUICK_RESULTS)
    assert RESULTS != QUICK_RESULTS


def test_a_table_shows_what_has_no_value_or_no_yardstick() -> None:
    """A yardstick of nothing has no ratio."""
    console = Console(file=io.StringIO(), width=100)
    rows = [Row("yardstick", 0.0, "s"), Row("index", 7.0, "s"), Row("lag", None, "s", 2.0)]
    show(Measured("Some", rows, []), console, mark=" (quick sizes)")
    assert isinstance(console.file, io.StringIO)
    printed = [line.split("│")[1:-1] for line in console.file.getvalue().splitlines()]
    cells = [[cell.strip() for cell in line] for line in printed if line]
    assert cells[-3:] == [["yardstick", "0", "", "s", "-"], ["index", "7", "", "s", "-"], ["lag", "-", "2", "s", "-"]]
    assert "Some (quick sizes)" in console.file.getvalue()


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Outcome]:
    """Outcomes that measurements come to without being run; one that is not here measures all that it declares."""
    found: dict[str, Outcome] = {}

    def measure(name: str, scale: Scale, folder: Path) -> Outcome:
        assert folder.name.startswith("panorama-bench-")
        targets = MEASUREMENTS[name].targets
        figures: list[Figure] = [figure(targets, target.name, target.target) for target in targets]
        return found.get(name, Outcome("measured", measured=Measured(f"{name} {scale.value}", [], figures)))

    kept: dict[str, Path] = {}
    monkeypatch.setattr(bench, "measure", measure)
    monkeypatch.setattr(bench, "keep", lambda measured, file: kept.update(dict.fromkeys(measured, file)))
    return found


def told(printed: str) -> dict[str, str]:
    """Return the verdict of each figure."""
    lines = [line.split() for line in printed.splitlines() if line.startswith("BENCH ")]
    return {words[1]: words[-1] for words in lines}


def test_one_that_is_slow_leaves_the_others_their_figures(
    outcomes: dict[str, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    """And the run has not failed."""
    outcomes["rotation"] = Outcome("short", "TooSlow: 200 edits a second were due, and 140 were answered")
    assert bench.main([]) == 0
    printed = capsys.readouterr().out
    assert "rotation: short: TooSlow: 200 edits a second were due, and 140 were answered" in printed
    names = {target.name for each in MEASUREMENTS.values() for target in each.targets}
    expected = {name: "short" if name == "edit_p99_during_rotation" else "ok" for name in names}
    assert told(printed) == expected


def test_one_that_has_failed_leaves_the_others_their_figures_and_fails_the_run(
    outcomes: dict[str, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its cause is one line, its figures are told."""
    outcomes["reading"] = Outcome("failed", "LoadFailed: Non-2xx [or 3xx] responses")
    assert bench.main(["reading", "lag"]) == 1
    printed = capsys.readouterr().out
    assert "reading: failed: LoadFailed: Non-2xx [or 3xx] responses" in printed
    assert told(printed) == {
        "read_1000_nodes": "failed",
        "edits_on_one_core_while_shipping": "ok",
        "shipping_lag_p99": "ok",
    }


def test_quick_figures_are_marked_and_all_there(
    outcomes: dict[str, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    """The same figures, each of them, from the same measurements at other sizes."""
    assert bench.main(["quick"]) == 0
    printed = capsys.readouterr().out
    assert "reading quick (quick sizes)" in printed
    assert "These figures are of quick sizes" in printed
    assert set(told(printed)) == {target.name for each in MEASUREMENTS.values() for target in each.targets}
    assert bench.main([]) == 0
    full = capsys.readouterr().out
    assert "quick" not in full
    assert set(told(full)) == set(told(printed))


def test_an_unknown_word_measures_nothing(outcomes: dict[str, Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    """It is told what there is."""
    assert bench.main(["speed", "quick"]) == 2
    printed = capsys.readouterr().out
    assert "There is no measurement speed" in printed
    assert "adapters" in printed
    assert told(printed) == {}


def test_a_target_is_read_by_people_and_machines() -> None:
    """Every word of the line has its place."""
    target = Target("lag", "s", "<=", 60.0)
    assert figure([target], "lag", 1.23456).line == "BENCH lag 1.235 s target <=60 ok"
