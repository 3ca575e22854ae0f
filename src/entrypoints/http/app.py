"""The HTTP application, put together."""

from collections.abc import Collection

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp

from entrypoints.http import changes, events, exchange, issues, panoramas, users
from entrypoints.http.epoch_metrics import show_epoch
from entrypoints.http.fencing import Fencing
from entrypoints.http.guards import gate
from entrypoints.http.logs import Log
from entrypoints.http.metrics import Metrics
from entrypoints.http.middleware import Envelope
from entrypoints.http.openapi import openapi_config
from entrypoints.http.operations import operations_routes
from entrypoints.http.operators import Operators
from entrypoints.http.parameters import check_parameters
from entrypoints.http.problems import exception_handlers
from entrypoints.http.requests import ApiRequest
from entrypoints.http.semantics import Semantics
from entrypoints.http.services import Services


def create_app(services: Services, log: Log, metrics: Metrics, proxies: Collection[str] = ()) -> ASGIApp:
    """Return the application that serves with these services until they are closed, behind these proxies."""
    operators = Operators(services.settings.operators, proxies)
    show_epoch(metrics.registry, services.fence)
    app = litestar_app(services, metrics, operators)
    semantics = Semantics(Fencing(app, services.fence), services.settings.body_limit, _methods(app))
    return Envelope(semantics, metrics, log, services.monotonic)


def litestar_app(services: Services, metrics: Metrics, operators: Operators) -> Litestar:
    """Return the routes with what is shared by all, without the layers around them."""
    return Litestar(
        [_api(services), services.lifecycle, services.forge, operations_routes(services, metrics, operators)],
        before_request=check_parameters,
        exception_handlers=exception_handlers(),
        logging_config=None,
        openapi_config=openapi_config(),
        request_max_body_size=services.settings.body_limit,
        state=State({"services": services}),
        debug=False,
        pdb_on_exception=False,
    )


def _api(services: Services) -> Router:
    return Router(
        "/",
        route_handlers=[
            panoramas.list_all,
            panoramas.begin,
            panoramas.show,
            panoramas.copy,
            changes.history,
            changes.change,
            changes.take_back,
            changes.do_again,
            events.events,
            exchange.export,
            exchange.bring_in,
            issues.of_issue,
            users.name_users,
            users.tell_users,
        ],
        guards=[gate(services)],
        request_class=ApiRequest,
    )


def _methods(app: Litestar) -> dict[str, set[str]]:
    """Return which methods each path has; routes of one path do not know of each other."""
    methods: dict[str, set[str]] = {}
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            methods.setdefault(route.path_format, set()).update(route.methods)
    return methods
