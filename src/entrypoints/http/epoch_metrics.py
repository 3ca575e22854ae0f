"""What is shown of the fence: the epoch, how long ago it was confirmed, and whether changes are taken."""

from prometheus_client import CollectorRegistry, Gauge

from application.failover.fence import AnyFence, Fence


def show_epoch(registry: CollectorRegistry, fence: AnyFence) -> None:
    """Have the registry ask the fence whenever it is read; nothing is shown where there is no fence."""
    if not isinstance(fence, Fence):
        return
    epoch = Gauge("panorama_epoch", "The epoch that this site writes in; 0 while it does not.", registry=registry)
    epoch.set_function(fence.epoch)
    confirmed = Gauge(
        "panorama_epoch_confirmed_seconds",
        "Seconds since a majority of the control stores agreed on a site, as far as this process knows.",
        registry=registry,
    )
    confirmed.set_function(lambda: fence.age)
    writable = Gauge("panorama_writable", "1 while this process acknowledges changes, else 0.", registry=registry)
    writable.set_function(lambda: float(fence.is_open))
