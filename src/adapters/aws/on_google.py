"""Who a process on Google Cloud is to AWS: a role, taken on with a token that its machine makes out to AWS.

AWS's driver knows such tokens in files alone, and Cloud Run writes none.
"""

from typing import Any

from botocore.config import Config
from botocore.credentials import (
    AssumeRoleWithWebIdentityCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import CredentialRetrievalError
from botocore.session import Session
from google.auth.compute_engine import IDTokenCredentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request


class OwnToken(CredentialProvider):
    """The credentials of the role, for as long as the process runs."""

    METHOD = "assume-role-with-google-identity"

    def __init__(self, session: Session, role: str, audience: str, limits: Config) -> None:
        super().__init__(session)
        self._role = role
        self._audience = audience
        self._limits = limits

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that are asked for when they are needed, and anew before they end."""
        fetcher = AssumeRoleWithWebIdentityCredentialFetcher(self._client, self._token, self._role)
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)

    def _client(self, service: str, config: Config) -> Any:
        return self.session.create_client(service, config=config.merge(self._limits))

    def _token(self) -> str:
        request = Request()
        try:
            made = IDTokenCredentials(request, self._audience, use_metadata_identity_endpoint=True, bind_id_token=False)
            made.refresh(request)
        except GoogleAuthError as exc:
            raise CredentialRetrievalError(provider=self.METHOD, error_msg="Google does not tell who this is") from exc
        return str(made.token)


def take_role(session: Session, role: str, audience: str, limits: Config) -> None:
    """Have a session be that role, whatever else it finds; `limits` holds for the calls that this takes."""
    session.register_component("credential_provider", CredentialResolver([OwnToken(session, role, audience, limits)]))
