"""The API's own description: OpenAPI, made from the routes, and a page that needs nothing from elsewhere."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.enums import OpenAPIMediaType
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme

from entrypoints.http import documents
from entrypoints.http.problems import MEDIA_TYPE
from entrypoints.problem_kinds import KINDS

BODY_PROBLEMS: Final = (413, 415, 422)
"""What may be wrong wherever there is a body."""

_EVERYWHERE: Final = (400, 401, 403, 404, 429, 503)
_SCHEMAS: Final = (
    documents.NewPanorama,
    documents.Batch,
    documents.NewCopy,
    documents.OutlineDocument,
    documents.ChangesDocument,
    documents.EventDocument,
    documents.CreatedDocument,
    documents.ImportedDocument,
    documents.ListDocument,
    documents.HitsDocument,
    documents.UsersDocument,
    documents.ProblemDocument,
)
_TITLES: Final[Mapping[int, str]] = {
    304: "The client has the newest version.",
    400: "A parameter or the body is not as documented.",
    401: "There is no valid token.",
    403: "The caller may not do this.",
    404: "There is no such thing for the caller.",
    409: "It contradicts what happened meanwhile.",
    410: "The version is of an epoch that has passed; load the panorama anew.",
    413: "The body is larger than 8 MiB.",
    415: "The body is not JSON.",
    422: "The request was understood and is refused.",
    429: "The site asks for more than its share; `Retry-After` says when to come again.",
    503: "Something that the service depends on is out; `Retry-After` says when to come again.",
}


def responses(
    document: type[msgspec.Struct] | None, *problems: int, status: int = 200, media_type: str = "application/json"
) -> dict[int, ResponseSpec]:
    """Return every answer of an API route: the good one, and each status that a problem is told with."""
    specs = {status: ResponseSpec(document or str, description="Done.", generate_examples=False, media_type=media_type)}
    for problem in sorted({*_EVERYWHERE, *problems}):
        specs[problem] = ResponseSpec(
            None if problem == HTTPStatus.NOT_MODIFIED else documents.ProblemDocument,
            description=_TITLES[problem],
            generate_examples=False,
            media_type=MEDIA_TYPE,
        )
    return specs


def openapi_config() -> OpenAPIConfig:
    """Return what Litestar makes the description from."""
    schemes: dict[str, SecurityScheme | Reference] = {
        "context-token": SecurityScheme(
            type="apiKey",
            name="Authorization",
            security_scheme_in="header",
            description="`JWT <Connect context token>`",
        ),
        "forge-token": SecurityScheme(type="http", scheme="Bearer", description="A Forge Invocation Token."),
    }
    return OpenAPIConfig(
        title="Panorama",
        version="1",
        description="Hand-shaped trees of Jira issues.",
        components=Components(security_schemes=schemes),
        security=[{"context-token": []}, {"forge-token": []}],
        use_handler_docstrings=True,
        render_plugins=[_Page(path="/"), _Description(path="/openapi.json")],
        path="/schema",
    )


def completed(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return Litestar's description with the documents as msgspec, which reads and writes them, describes them."""
    _, schemas = msgspec.json.schema_components(_SCHEMAS, ref_template="#/components/schemas/{name}")
    components = dict(description["components"])
    whole = {**description, "components": {**components, "schemas": {**components.get("schemas", {}), **schemas}}}
    published: dict[str, Any] = _in_ecma_script(whole)
    return published


def _in_ecma_script(part: Any) -> Any:
    r"""Return a part of the description with `$` for the `\Z` that ends our patterns.

    JSON Schema has ECMAScript's regular expressions: there `$` is the very end, as `\Z` is in Python, where `$` also
    matches before a final line break.
    """
    if isinstance(part, list):
        return [_in_ecma_script(member) for member in part]
    if not isinstance(part, dict):
        return part
    members = {name: _in_ecma_script(member) for name, member in part.items()}
    pattern = members.get("pattern")
    if isinstance(pattern, str) and pattern.endswith(r"\Z"):
        members["pattern"] = f"{pattern[:-2]}$"
    return members


class _Description(OpenAPIRenderPlugin):
    """Serves the description itself."""

    media_type = OpenAPIMediaType.OPENAPI_JSON

    def render(self, _request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return it as JSON."""
        return msgspec.json.encode(completed(openapi_schema))


class _Page(OpenAPIRenderPlugin):
    """Serves a page for people: no script, no style, nothing from another place."""

    def render(self, _request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return it as HTML."""
        operations = "".join(
            f"<dt><code>{method.upper()} {escape(path)}</code></dt><dd>{escape(operation.get('description', ''))}</dd>"
            for path, item in sorted(openapi_schema["paths"].items())
            for method, operation in item.items()
        )
        problems = "".join(
            f'<dt id="{code}"><code>{kind.status} {code}</code></dt><dd>{escape(kind.title)}</dd>'
            for code, kind in sorted(KINDS.items())
        )
        return _PAGE.format(operations=operations, problems=problems).encode()


_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Panorama: the API</title></head>
<body>
<h1>Panorama</h1>
<p>The whole description: <a href="/schema/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<h2>Operations</h2>
<dl>{operations}</dl>
<h2>Problems</h2>
<dl>{problems}</dl>
</body>
</html>
"""
