"""What docs/http.md says of a connection is what the service keeps to where nothing else is configured."""

from entrypoints.http.connections import ConnectionLimits
from entrypoints.http.settings import HttpSettings
from tests.shared_material import REPOSITORY

LIMITS = ConnectionLimits()
KIB = 1024
WAITING = (
    f"{LIMITS.write_buffer // KIB} KiB wait, then the service does; the kernel holds {LIMITS.send_buffer // KIB} KiB"
)


def documented() -> dict[str, tuple[str, str]]:
    """Return the table of docs/http.md: by what is limited, how much it is, and what happens then."""
    text = (REPOSITORY / "docs" / "http.md").read_text(encoding="utf-8")
    table = text.partition("## Limits of a connection")[2].partition("\n- ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return {what: (limit, then) for what, limit, then in rows[2:]}


def test_the_limits_are_those_that_are_documented() -> None:
    """Every row, with its number; a limit that is not in the table is one that no client can meet."""
    assert documented() == {
        "request line and header fields": (f"{LIMITS.head_bytes // KIB} KiB", "431, and the connection is closed"),
        "time for them, from their first byte": (f"{LIMITS.head_seconds:g} s", "closed"),
        "silence in a request body": (f"{LIMITS.stall_seconds:g} s", "closed"),
        f"pace of a body, after {LIMITS.stall_seconds:g} s": (f"{LIMITS.slowest:g} bytes a second", "closed"),
        "request body, unpacked": (f"{HttpSettings().body_limit // KIB**2} MiB (`http.body_limit`)", "413"),
        "answer that a client does not take": (
            WAITING,
            f"below {LIMITS.slowest:g} bytes a second for {LIMITS.drain_seconds:g} s it is cut off",
        ),
        "what a client neither takes nor acknowledges": (
            f"{LIMITS.unacknowledged_seconds:g} s (Linux)",
            "cut off, also a stream of events",
        ),
        "requests that wait for the answer to another one": (
            f"{LIMITS.pipelined}",
            "what follows is not read; the last answer closes",
        ),
    }
