"""What the pages tell people to watch is there to be watched."""

import re
from typing import Final

from tests.shared_material import REPOSITORY

NAMED: Final = re.compile(r"\bpanorama_[a-z_]*[a-z]\b")
DECLARED: Final = re.compile(r'(?:Gauge|Counter|Histogram|gauge)\(\s*"([a-z_]+)"')
PAGES: Final = ("operations", "backups", "command-line")


def declared() -> set[str]:
    """Every metric that the sources declare, and what Prometheus makes of a counter's name."""
    texts = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "src/entrypoints").rglob("*.py")]
    names = {name for text in texts for name in DECLARED.findall(text)}
    full = {name if name.startswith("panorama_") else f"panorama_backup_{name}" for name in names}
    return full | {f"{name}_total" for name in full}


def test_every_metric_of_the_pages_is_one() -> None:
    """A metric cannot change its name without the page that has people alerted by it."""
    known = declared()
    assert {"panorama_requests_total", "panorama_backup_lag_seconds", "panorama_writable"} <= known
    for page in PAGES:
        text = (REPOSITORY / f"docs/{page}.md").read_text(encoding="utf-8")
        assert {name for name in NAMED.findall(text) if name not in known} <= {
            "panorama_job",
            "panorama_backup",
            "panorama_drill",
        }
