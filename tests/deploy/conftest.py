"""What the tests of the roots share in one test process."""

from collections.abc import Iterator

import pytest

from tests.deploy.attached import Providers


@pytest.fixture(scope="session")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Providers]:
    """Yield the providers of the roots, none of which runs yet."""
    made = Providers(tmp_path_factory.mktemp("providers"))
    yield made
    made.close()
