"""A receipt as it is handed out: as JSON, as a table, or as a page to print. It names a tenant by its hash alone."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

import msgspec

from domain.erasures import Period, Receipt, stage, tenant_hash
from domain.retention import Stage


class ReceiptDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says to whoever left. Times are UTC."""

    tenant_hash: str
    """SHA-256 of the tenant's id, in hex."""

    state: Stage
    began: datetime
    removed: datetime
    decided: datetime
    purged: datetime | None
    confirmed: datetime | None
    shredded: datetime | None
    records: dict[str, int]
    records_in_all: int
    generations: tuple[int, ...]
    stragglers: int
    held: tuple[Period, ...]
    outstanding: tuple[str, ...]
    """What the end of the erasure still waits for."""

    issued: datetime


def receipt_document(receipt: Receipt, outstanding: Sequence[str], issued: datetime) -> ReceiptDocument:
    """Return the receipt as of `issued`."""
    entry = receipt.erasure
    return ReceiptDocument(
        tenant_hash=tenant_hash(entry.tenant),
        state=stage(receipt),
        began=entry.began,
        removed=entry.removed,
        decided=entry.decided,
        purged=receipt.purged,
        confirmed=receipt.confirmed,
        shredded=receipt.shredded,
        records=receipt.records,
        records_in_all=sum(receipt.records.values()),
        generations=receipt.generations,
        stragglers=receipt.stragglers,
        held=receipt.held,
        outstanding=tuple(outstanding),
        issued=issued,
    )


def receipt_rows(document: ReceiptDocument) -> list[tuple[str, str]]:
    """Return what there is to say, line by line, in the words of the page."""
    dates = [
        ("The site's life with the app began", document.began),
        ("The app was removed", document.removed),
        ("The erasure was decided", document.decided),
        ("Keys, records and name were destroyed", document.purged),
        ("The destruction was confirmed", document.confirmed),
        ("The last copy of the keys was gone (shredded)", document.shredded),
    ]
    kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(document.records.items()))
    return [
        ("Tenant (SHA-256)", document.tenant_hash),
        ("State", document.state.value),
        *((what, _moment(at)) for what, at in dates),
        ("Records destroyed", f"{document.records_in_all} ({kinds})" if kinds else "0"),
        ("Found and destroyed before the confirmation", str(document.stragglers)),
        ("Generations of the data key destroyed", ", ".join(map(str, document.generations)) or "none"),
        *(("Kept by a legal hold", f"{_moment(each.begin)} to {_moment(each.end)}") for each in document.held),
        *(("Outstanding", what) for what in document.outstanding),
    ]


def receipt_page(document: ReceiptDocument) -> bytes:
    """Return the page: whole in itself, without a script, and one sheet of paper when it is printed."""
    rows = "\n".join(
        f"<tr><th>{escape(what)}</th><td>{escape(said)}</td></tr>" for what, said in receipt_rows(document)
    )
    return _PAGE.format(rows=rows, issued=escape(_moment(document.issued))).encode()


def _moment(at: datetime | None) -> str:
    return "not yet" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="robots" content="noindex">
<title>Receipt of an erasure</title>
<style>
body {{ font: 11pt/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #111; }}
h1 {{ font-size: 1.5rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #ccc; }}
th {{ font-weight: 600; width: 45%; }}
td {{ overflow-wrap: anywhere; }}
footer {{ margin-top: 2rem; font-size: .9rem; color: #444; }}
@page {{ margin: 2cm; }}
@media print {{ body {{ margin: 0; max-width: none; padding: 0; color: #000; }} tr {{ break-inside: avoid; }} }}
</style>
</head>
<body>
<h1>Receipt of an erasure</h1>
<p>Panorama has destroyed what the site left behind. Everything that it stored was sealed under keys of the site's own;
with the last copy of those keys, whatever backups still hold of it is unreadable to anybody.</p>
<table>
{rows}
</table>
<footer>Issued {issued}. The tenant is named by the SHA-256 of its random id. What is kept of it: this receipt, and an
entry that has it erased again if it comes back from a backup. Both hold ids, numbers and dates only.</footer>
</body>
</html>
"""
