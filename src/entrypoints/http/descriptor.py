"""What the app tells Jira about itself."""

from typing import Any

from entrypoints.token_settings import TokenSettings


def descriptor(settings: TokenSettings) -> dict[str, Any]:
    """Return the descriptor of an Atlassian Connect app with signed installs and context tokens."""
    return {
        "key": settings.app_key,
        "name": "Panorama",
        "description": "Hand-shaped trees of issues",
        "baseUrl": settings.base_urls[0],
        "authentication": {"type": "jwt"},
        "apiVersion": 1,
        "apiMigrations": {"signed-install": True, "context-qsh": True, "gdpr": True},
        "lifecycle": {event: f"/connect/{event}" for event in ("installed", "uninstalled", "enabled", "disabled")},
        "scopes": ["READ"],
        "modules": {},
    }
