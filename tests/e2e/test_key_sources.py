"""Keys fetched over a real connection, from a server that answers and one that does not."""

import pytest

from entrypoints.http.tokens.sources import HttpKeySource
from entrypoints.sandbox.key_server import served
from entrypoints.sandbox.keys import KEY_SET_PATH, SandboxKeys
from ports.errors import Unavailable


async def test_the_sandbox_serves_its_keys(keys: SandboxKeys) -> None:
    """What the sandbox publishes is fetched, and what it does not is missing."""
    source = HttpKeySource()
    with served(keys.documents()) as url:
        assert await source.fetch(f"{url}/{keys.key_id}") == keys.pem
        assert await source.fetch(f"{url}{KEY_SET_PATH}") == keys.key_set
        assert await source.fetch(f"{url}/unknown") is None
    await source.close()


async def test_a_server_that_is_gone_is_unavailable(keys: SandboxKeys) -> None:
    """Where nobody listens any more, that is said in the words of the ports."""
    source = HttpKeySource()
    with served(keys.documents()) as url:
        pass
    with pytest.raises(Unavailable):
        await source.fetch(f"{url}/{keys.key_id}")
    await source.close()
