"""Where `make` puts the tools of these tests, which need other releases of what the service needs."""

from typing import Final

from tests.shared_material import REPOSITORY

TOOLS: Final = REPOSITORY / ".venv/deploy"
"""An environment of Python with the linters, and the bindings of providers under `schemas`."""

HISTORY_TOOLS: Final = REPOSITORY / ".venv/history"
"""One with detect-secrets alone, of which checkov brings a fork under the same name."""
