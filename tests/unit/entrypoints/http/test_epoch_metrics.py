"""What the metrics show of who writes."""

from prometheus_client import CollectorRegistry

from application.failover.fence import NoFence
from domain.epochs import CONFIRMED_FOR
from entrypoints.http.epoch_metrics import show_epoch
from tests.unit.application.failover.scenes import begun


async def test_the_epoch_and_the_age_of_its_confirmation_are_shown_as_they_are() -> None:
    """Each time that somebody reads them."""
    made, registry = await begun(site="east"), CollectorRegistry()
    fence = made.fence("east")
    show_epoch(registry, fence)

    def shown() -> list[float | None]:
        names = ("panorama_epoch", "panorama_epoch_confirmed_seconds", "panorama_writable")
        return [registry.get_sample_value(name) for name in names]

    assert shown() == [0, float("inf"), 0]
    await fence.confirm()
    assert shown() == [1, 0, 1]
    made.time.go_on(seconds=CONFIRMED_FOR)
    assert shown() == [1, CONFIRMED_FOR, 0]


def test_without_a_fence_nothing_is_shown() -> None:
    """Nobody would know what an epoch means there."""
    registry = CollectorRegistry()
    show_epoch(registry, NoFence())
    assert list(registry.collect()) == []
