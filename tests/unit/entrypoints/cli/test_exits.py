"""Every failure ends with its exit code, its cause and a way out."""

import pytest

from domain import errors as domain
from entrypoints.cli.exits import CODES, Exit, Refusal, Silent
from entrypoints.cli.failures import failure
from entrypoints.configuration_problems import ConfigurationError, Problem
from ports import errors as ports


@pytest.mark.parametrize(
    ("error", "code", "kind", "phrase"),
    [
        (ConfigurationError([Problem("a.b", "is bad", "do")]), Exit.CONFIGURATION, "configuration", "a.b: is bad; do"),
        (Refusal("it is there already", "move it"), Exit.REFUSED, "refused", "it is there already"),
        (Refusal("taken", "move", Exit.UNAVAILABLE), Exit.UNAVAILABLE, "refused", "taken"),
        (domain.PanoramaMissing("ab"), Exit.REFUSED, "panorama-missing", "There is no such panorama"),
        (domain.LimitExceeded("nodes", 7), Exit.REFUSED, "limit-exceeded", "(what nodes, limit 7)"),
        (domain.ImportRefused(("node 1: twice", "node 2: lost")), Exit.REFUSED, "import-refused", "node 2: lost"),
        (ports.Unavailable("the disk is full"), Exit.UNAVAILABLE, "unavailable", "(the disk is full)"),
        (ports.DeadlineExceeded(), Exit.UNAVAILABLE, "deadline-exceeded", "No answer came within the deadline"),
        (ports.PermissionDenied(), Exit.UNAVAILABLE, "permission-denied", "lacks a permission"),
        (ports.ReadOnly(), Exit.UNAVAILABLE, "read-only", "takes no writes"),
        (ports.Corrupt(), Exit.UNAVAILABLE, "corrupt", "not what was stored"),
        (ports.NotFound(), Exit.REFUSED, "not-found", "is not there"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "interrupted", "interrupted before it was done"),
    ],
)
def test_each_kind_of_failure_has_its_code_and_its_words(
    error: BaseException, code: Exit, kind: str, phrase: str
) -> None:
    """Scripts go by the code and the kind, people by the words."""
    told = failure(error)
    assert (told.code, told.kind) == (code, kind)
    assert phrase in "\n".join(told.problems)
    assert told.remedy


def test_a_port_s_failure_tells_which_part_it_was() -> None:
    """The composition root notes the key of the part; the message shows it."""
    error = ports.PermissionDenied("others may read it")
    error.add_note("sites.local.keys")
    assert "(sites.local.keys: others may read it)" in failure(error).problems[0]


def test_every_part_that_is_silent_is_named() -> None:
    """Each with its cause; the exit code is that of the gravest."""
    told = failure(Silent({"keys 2": ports.NotFound("no key"), "blobs 1": ports.Unavailable("out")}))
    assert (told.code, told.kind) == (Exit.UNAVAILABLE, "silent")
    assert [line.partition(":")[0] for line in told.problems] == ["keys 2", "blobs 1"]
    assert "(no key)" in told.problems[0]
    assert "panorama preflight" in told.remedy
    assert failure(Silent({"keys 2": ports.NotFound("no key")})).code == Exit.REFUSED


def test_a_fault_tells_where_it_is_and_not_what_it_says() -> None:
    """The words of an unexpected error might be a customer's."""
    with pytest.raises(ValueError, match="moon") as caught:
        int("Roadmap of the moon landing")
    told = failure(caught.value)
    assert "ValueError at test_exits.py:" in told.problems[0]
    assert "moon" not in str(told)


def test_the_help_tells_every_code() -> None:
    """What --help says of exit codes leaves none out."""
    assert all(f" {code.value} " in CODES for code in Exit)
