"""Defects of the application's own, which no driver has a part in."""

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

from domain.ids import TenantId
from tests.drivers import SECRET

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")
Work = Callable[Concatenate[S, TenantId, P], Awaitable[T]]


def breaking_for(tenant: TenantId, work: Work[S, P, T]) -> Work[S, P, T]:
    """Return the method, with a defect that shows with one tenant alone."""

    async def broken(self: S, served: TenantId, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if served == tenant:
            raise KeyError(SECRET)
        return await work(self, served, *args, **kwargs)

    return broken
