"""Whose word the app takes, as the configuration has it."""

from entrypoints.configuration import Configuration
from entrypoints.token_settings import TokenSettings


def token_settings(configuration: Configuration) -> TokenSettings:
    """Return what tokens are verified by."""
    app = configuration.app
    return TokenSettings(
        base_urls=configuration.base_urls,
        app_key=app.key,
        key_servers=app.key_servers,
        host_suffixes=app.host_suffixes,
        forge_app=app.forge_app,
        forge_keys=app.forge_keys,
        forge_environments=app.forge_environments,
        forge_isolated_cloud=app.forge_isolated_cloud,
    )
