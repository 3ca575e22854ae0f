"""Who a process on AWS is to Google, wherever AWS keeps its credentials: the driver knows variables and machines alone.

A task of Fargate has them elsewhere, and boto3 knows where; it renews them, too.
"""

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError
from google.auth.aws import AwsSecurityCredentials, AwsSecurityCredentialsSupplier, Credentials
from google.auth.exceptions import RefreshError


class OwnCredentials(AwsSecurityCredentialsSupplier):
    """What every AWS program of this process goes by."""

    def __init__(self) -> None:
        self._session = boto3.Session()

    def get_aws_security_credentials(self, *_: Any) -> AwsSecurityCredentials:
        """Return what is in force now; raises RefreshError where there is nothing."""
        try:
            found = self._session.get_credentials()
            now = None if found is None else found.get_frozen_credentials()
        except BotoCoreError as exc:
            raise RefreshError("AWS does not tell who this process is", retryable=True) from exc
        if now is None or now.access_key is None or now.secret_key is None:
            raise RefreshError("AWS has no credentials for this process")
        return AwsSecurityCredentials(now.access_key, now.secret_key, now.token)

    def get_aws_region(self, *_: Any) -> str:
        """Return the region of the process; raises RefreshError where nothing says it."""
        region = self._session.region_name
        if region is None:
            raise RefreshError("nothing says in which region of AWS this process is")
        return region


def with_own_credentials(federated: Credentials) -> Credentials:
    """Return the same with the credentials of this process, wherever they are kept."""
    told = {name: value for name, value in federated.info.items() if name != "credential_source"}
    made: Credentials = Credentials.from_info(told, aws_security_credentials_supplier=OwnCredentials())
    return made
