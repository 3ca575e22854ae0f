"""Who may call: tokens of Atlassian Connect and of Forge, checked in a fixed order, all failures looking the same."""

from entrypoints.http.tokens.requests import Caller, Reason, Refused, TokenRequest
from entrypoints.http.tokens.verifier import TokenVerifier
from entrypoints.token_settings import TokenSettings

__all__ = ["Caller", "Reason", "Refused", "TokenRequest", "TokenSettings", "TokenVerifier"]
