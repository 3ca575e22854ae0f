"""The offline recovery key that the configuration names."""

from application.keys.recovery import RecoveryKey
from entrypoints.configuration_file import Settings
from entrypoints.configuration_problems import ConfigurationError, Problem
from ports.errors import InvalidArgument


def recovery_key(settings: Settings) -> RecoveryKey | None:
    """Return the active site's recovery key, None where there is none yet; raises ConfigurationError for no key."""
    if settings.recovery_key is None:
        return None
    try:
        return RecoveryKey.from_pem(settings.recovery_key.encode())
    except InvalidArgument as exc:
        key = f"sites.{settings.configuration.active}.recovery_key"
        raise ConfigurationError([Problem(key, str(exc), "give the public half, in PEM")]) from exc
