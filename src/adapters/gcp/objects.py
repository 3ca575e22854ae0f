"""The objects of one bucket, called by whoever may block; errors are the port's."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from google.api_core.exceptions import PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud.storage import Blob, Client
from requests.adapters import HTTPAdapter

from adapters.gcp.channels import own_credentials, plain_address
from adapters.gcp.downloads import Download, range_header
from adapters.gcp.errors import Throttled, mapped, meaning
from adapters.gcp.uploads import Timeout, Upload
from ports.blobs import LIST_LIMIT, BlobInfo
from ports.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, Unavailable

_OCTETS: Final = "application/octet-stream"
_FIELDS: Final = "items(name,size,generation,timeCreated,retention,retentionExpirationTime),nextPageToken"
_CONNECT: Final = 5.0
_RANGE_BEYOND_THE_END: Final = 416


def connected(endpoint: str | None, connections: int) -> Client:
    """Return a client with this process's credentials, or with none for an `http:` endpoint of this machine.

    Raises PermissionDenied where there are no credentials, InvalidArgument for an `http:` endpoint of another machine.
    """
    with mapped():
        is_plain = plain_address(endpoint) is not None
        credentials = AnonymousCredentials() if is_plain else own_credentials()
        session = AuthorizedSession(credentials)
        # The service answers where it is asked. An answer that leads elsewhere is not followed, with whatever is to be
        # sent there, nor is one to the question who this process is.
        session.max_redirects = 0
        session._auth_request_session.max_redirects = 0  # noqa: SLF001 - there is no other way to it but a session more
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
        options = {"api_endpoint": endpoint} if endpoint else None
        client = Client(project=None, credentials=credentials, _http=session, client_options=options)
    # For the sake of traces it would ask for the bucket by itself, in threads that nobody sees or ends.
    without: Any = None
    client._bucket_metadata_cache = without  # noqa: SLF001 - there is no other way to say so for one client
    return client


class Objects:
    """Objects whose names begin with `prefix`, which no `BlobInfo` shows."""

    def __init__(self, client: Client, bucket: str, prefix: str, deadline: float) -> None:
        self._client = client
        self._session: AuthorizedSession = client._http  # noqa: SLF001 - the session that `connected` has given it
        self._bucket = client.bucket(bucket)
        self._prefix = prefix
        self._timeout: Timeout = (min(_CONNECT, deadline), deadline)
        self._path = f"storage/v1/b/{quote(bucket, safe='')}/o"

    def retention_is_enabled(self) -> bool:
        """Ask the bucket whether its objects can be locked one by one; raises NotFound where there is no bucket."""
        with mapped():
            self._bucket.reload(timeout=self._timeout, retry=None)
        return bool(self._bucket.object_retention_mode == "Enabled")

    def find(self, name: str) -> Blob:
        """Return what the store says of the object; raises NotFound."""
        with mapped():
            found: Blob | None = self._bucket.get_blob(self._prefix + name, timeout=self._timeout, retry=None)
        if found is None:
            raise NotFound("there is no blob of that name")
        return found

    def info(self, name: str) -> BlobInfo:
        """Return what the port says of the object; raises NotFound."""
        return self._info(self.find(name))

    def page(self, prefix: str, after: str | None, limit: int) -> list[BlobInfo]:
        """Return up to `limit` objects in the order of their names' bytes, beyond `after`."""
        with mapped():
            found = self._client.list_blobs(
                self._bucket,
                max_results=limit + 1,
                page_size=min(limit + 1, LIST_LIMIT),
                prefix=self._prefix + prefix,
                start_offset=None if after is None else self._prefix + after,
                fields=_FIELDS,
                timeout=self._timeout,
                retry=None,
            )
            infos = [self._info(blob) for blob in found]
        # The store begins at that name itself.
        return [info for info in infos if info.name != after][:limit]

    def create(self, name: str, content: bytes) -> str:
        """Store an object in one request and return its generation; raises AlreadyExists."""
        try:
            return self._upload(name, content, 0)
        except Conflict as exc:
            raise AlreadyExists("there is a blob of that name") from exc

    def replace(self, name: str, content: bytes, tag: str) -> str:
        """Store an object in the place of that generation and return its own; raises NotFound, Conflict."""
        generation = int(tag) if tag.isascii() and tag.isdecimal() else 0
        try:
            if generation > 0:
                return self._upload(name, content, generation)
        except Conflict:
            self.find(name)
            raise
        self.find(name)
        raise Conflict(name)

    def begin(self, name: str) -> Upload:
        """Begin an upload in parts."""
        url = f"{self._client.api_endpoint}/upload/{self._path}"
        return Upload(self._session, url, self._prefix + name, self._timeout)

    def download(self, name: str, start: int, length: int | None) -> Download | None:
        """Begin to read; None where there is nothing to read. Raises NotFound."""
        if length == 0:
            self.find(name)
            return None
        with mapped():
            response = self._session.get(
                f"{self._client.api_endpoint}/download/{self._path}/{quote(self._prefix + name, safe='')}",
                params={"alt": "media"},
                # Bytes are to come as they are stored.
                headers={"Accept-Encoding": "gzip", **range_header(start, length)},
                stream=True,
                timeout=self._timeout,
            )
        if response.ok:
            return Download(response, length)
        response.close()
        if response.status_code == _RANGE_BEYOND_THE_END:
            return None
        raise meaning(response.status_code)

    def delete(self, name: str) -> None:
        """Remove the object; raises NotFound."""
        with mapped():
            self._bucket.delete_blob(self._prefix + name, timeout=self._timeout, retry=None)

    def retain(self, name: str, until: datetime) -> None:
        """Lock the object until then, for everybody and for good; raises NotFound, InvalidArgument."""
        blob = self.find(name)
        current = blob.retention.retain_until_time
        if until == current:
            return
        if current is not None and until < current:
            raise InvalidArgument("a lock is never shortened")
        blob.retention.mode = "Locked"
        blob.retention.retain_until_time = until
        with mapped():
            try:
                blob.patch(if_metageneration_match=blob.metageneration, timeout=self._timeout, retry=None)
            except PreconditionFailed as exc:
                raise Throttled("somebody else has changed the object meanwhile") from exc

    def close(self) -> None:
        """Give up all connections."""
        self._client.close()

    def _upload(self, name: str, content: bytes, generation: int) -> str:
        blob = self._bucket.blob(self._prefix + name)
        with mapped():
            try:
                blob.upload_from_string(
                    content,
                    content_type=_OCTETS,
                    if_generation_match=generation,
                    checksum="crc32c",
                    timeout=self._timeout,
                    retry=None,
                )
            except PreconditionFailed as exc:
                raise Conflict(name) from exc
        if blob.generation is None:
            raise Unavailable("Cloud Storage answers without a generation")
        return str(blob.generation)

    def _info(self, blob: Blob) -> BlobInfo:
        locks: list[Any] = [blob.retention.retain_until_time, blob.retention_expiration_time]
        until = max((lock for lock in locks if lock is not None), default=None)
        name: str = blob.name
        if None in {blob.size, blob.generation, blob.time_created}:
            raise Unavailable("Cloud Storage describes an object by half")
        return BlobInfo(name.removeprefix(self._prefix), blob.size, str(blob.generation), blob.time_created, until)
