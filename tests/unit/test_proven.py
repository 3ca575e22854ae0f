"""The table at the end of a run counts each case once, under its suite and its server."""

from tests.proven import Proven

LAW = "tests/contract/blobs/test_blobs.py::test_a_blob_store_keeps_the_law[s3-ministack-a_listing_keeps_to_its_prefix]"
OTHER_LAW = "tests/contract/blobs/test_blobs.py::test_a_blob_store_keeps_the_law[s3-ministack-a_name_is_taken_once]"
WHOLE = "tests/contract/storage/mongo/test_lines.py::test_a_line_is_cut[mongo-memory]"


def test_cases_are_counted_by_suite_and_server() -> None:
    """What passes and what does not stand in one line."""
    proven = Proven()
    proven.count(LAW, passed=True)
    proven.count(OTHER_LAW, passed=False)
    proven.count(WHOLE, passed=True)
    assert proven.lines() == [
        "blobs       s3-ministack              1 passed    1 not passed",
        "storage     mongo-memory              1 passed",
    ]


def test_what_a_server_is_too_lax_for_is_told_with_the_reason() -> None:
    """It counts among nothing that has passed, also where a suite has nothing else there; a mended server is told."""
    proven = Proven()
    proven.count(LAW, passed=True, gap="It forgets.")
    proven.count(OTHER_LAW, passed=True, gap="It forgets.")
    proven.count(WHOLE, passed=False, gap="It forgets.")
    assert proven.lines() == [
        "blobs       s3-ministack              0 passed    2 not proven there",
        "                                      2: It forgets.",
        "storage     mongo-memory              0 passed    1 not passed",
    ]


def test_faults_are_counted_by_the_server_whose_line_is_harmed() -> None:
    """As the id of the case says."""
    proven = Proven()
    proven.count("tests/faults/test_lines.py::test_no_harm[gcp-kms-fake-install-cut_before]", passed=True)
    assert proven.lines() == ["faults      gcp-kms-fake              1 passed"]


def test_what_is_no_suite_on_a_server_does_not_count() -> None:
    """Other tests, and tests of a suite without a server, are left out."""
    proven = Proven()
    proven.count("tests/unit/test_proven.py::test_nothing[memory]", passed=True)
    proven.count("tests/contract/keys/test_keys.py::test_every_law_bites[some-law]", passed=True)
    assert proven.lines() == []
