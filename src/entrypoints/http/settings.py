"""How the application treats its callers."""

import msgspec


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the application treats its callers; every value has a default that suits production."""

    requests_per_second: float = 200.0
    """What one tenant may ask for on average."""

    burst: int = 2_000
    """What one tenant may ask for at once after a rest."""

    body_limit: int = 8 * 1024 * 1024
    """The largest request body in bytes."""

    stream_seconds: float = 900.0
    """How long one stream of events lasts; the client resumes where it ended."""

    recheck_seconds: float = 30.0
    """How often a stream asks again whether its caller's tenant is still served."""

    keep_alive_seconds: float = 15.0
    """The longest silence on a stream, so that no proxy takes it for dead."""
