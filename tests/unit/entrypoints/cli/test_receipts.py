"""A receipt tells everything in each of its forms, and names nobody."""

from datetime import UTC, datetime

from domain.erasures import Erasure, Period, Receipt
from domain.ids import TenantId
from entrypoints.cli.receipts import receipt_document, receipt_page, receipt_rows

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ENTRY = Erasure(tenant=TenantId("a" * 24), began=NOW, removed=NOW, ended=NOW, decided=NOW)


def test_what_has_happened_and_what_has_not_is_told() -> None:
    """Dates in UTC, every hold, everything outstanding; no id."""
    receipt = Receipt(erasure=ENTRY, records={"user": 2, "change": 3}, generations=(1, 2), held=(Period(NOW, NOW),))
    document = receipt_document(receipt, ("a store <is> out",), NOW)
    told = dict(receipt_rows(document))
    assert told["The app was removed"] == "2026-01-31 12:00:00 UTC"
    assert told["The destruction was confirmed"] == "not yet"
    assert told["Records destroyed"] == "5 (change: 3, user: 2)"
    assert told["Generations of the data key destroyed"] == "1, 2"
    assert told["Kept by a legal hold"] == "2026-01-31 12:00:00 UTC to 2026-01-31 12:00:00 UTC"
    page = receipt_page(document).decode()
    assert "a store &lt;is&gt; out" in page
    assert "a" * 24 not in page + str(told)


def test_a_site_without_anything_has_a_receipt_too() -> None:
    """It says so."""
    told = dict(receipt_rows(receipt_document(Receipt(erasure=ENTRY, records={}, generations=()), (), NOW)))
    assert (told["Records destroyed"], told["Generations of the data key destroyed"]) == ("0", "none")
    assert "Outstanding" not in told
