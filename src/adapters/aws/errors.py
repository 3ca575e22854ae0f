"""What AWS answers, in the ports' words.

The code alone is told: AWS's own sentences name accounts, keys and objects. Codes are those of the API references of
S3, KMS and Secrets Manager, and of the common errors that every service answers.
"""

from http import HTTPStatus
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from ports.errors import (
    AlreadyExists,
    Corrupt,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    PortError,
    Unavailable,
)

_BY_CODE: Final[dict[str, type[PortError]]] = {
    **dict.fromkeys(
        (
            "404",
            "DisabledException",
            "InvalidKeyUsageException",
            "KMSInvalidStateException",
            "NoSuchBucket",
            "NoSuchKey",
            "NotFoundException",
            "ResourceNotFoundException",
        ),
        NotFound,
    ),
    **dict.fromkeys(("InvalidCiphertextException", "IncorrectKeyException", "DecryptionFailure"), Corrupt),
    **dict.fromkeys(("BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch"), Corrupt),
    **dict.fromkeys(
        (
            "403",
            "AccessDenied",
            "AccessDeniedException",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "NotAuthorized",
            "OptInRequired",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        PermissionDenied,
    ),
    **dict.fromkeys(
        (
            # Of a bucket that is of another region than stated: whatever is sent there would leave the stated one.
            "301",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "PermanentRedirect",
            "EntityTooLarge",
            "InvalidAction",
            "InvalidArgument",
            "InvalidParameterException",
            "InvalidRequest",
            "InvalidRequestException",
            "KeyTooLongError",
            "MalformedXML",
            "UnknownOperationException",
            "ValidationException",
        ),
        InvalidArgument,
    ),
    "PreconditionFailed": AlreadyExists,
    "412": AlreadyExists,
    "ResourceExistsException": AlreadyExists,
    "RequestTimeout": DeadlineExceeded,
}

_NO_CREDENTIALS: Final = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)
_BY_KIND: Final[tuple[tuple[tuple[type[BotoCoreError], ...], type[PortError]], ...]] = (
    ((ConnectTimeoutError, ReadTimeoutError), DeadlineExceeded),
    ((FlexibleChecksumError,), Corrupt),
    ((ParamValidationError,), InvalidArgument),
)


CONTENDED: Final = frozenset({"ConditionalRequestConflict", "ConcurrentModification", "409"})
"""What a call that did nothing, because the object was being written, is answered; S3 writers, Ceph its readers too."""


_ELSEWHERE: Final = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.BAD_REQUEST})


def code_of(error: ClientError) -> str:
    """Return AWS's own word for what went wrong."""
    return error.response.get("Error", {}).get("Code", "")


def region_in(error: ClientError) -> str | None:
    """Return the region of the bucket, where a refusal that is for want of it says so."""
    said = error.response.get("ResponseMetadata", {})
    if said.get("HTTPStatusCode") not in _ELSEWHERE:
        return None
    return said.get("HTTPHeaders", {}).get("x-amz-bucket-region")


def port_error(error: ClientError | BotoCoreError) -> PortError:
    """Say it in the ports' words; whatever is not known is Unavailable, and its code tells more."""
    if isinstance(error, ClientError):
        return _BY_CODE.get(code_of(error), Unavailable)(f"AWS answers {code_of(error) or 'nothing that is known'}")
    if isinstance(error, _NO_CREDENTIALS):
        return PermissionDenied(f"this process has no credentials of AWS ({type(error).__name__})")
    for kinds, said in _BY_KIND:
        if isinstance(error, kinds):
            return said(f"the AWS client says {type(error).__name__}")
    return Unavailable(f"the AWS client says {type(error).__name__}")
