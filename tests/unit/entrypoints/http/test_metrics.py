"""What is counted."""

from entrypoints.http.metrics import Metrics


async def test_answers_are_counted_and_timed_by_route_and_status() -> None:
    """Each combination has its own counter; times fall into buckets."""
    metrics = Metrics()
    metrics.observe("GET", "/a/{b}", 200, 0.002)
    metrics.observe("GET", "/a/{b}", 200, 0.2)
    metrics.observe("GET", "/a/{b}", 404, 0.2)
    lines = (await metrics.exposition()).decode().splitlines()
    assert 'panorama_requests_total{method="GET",route="/a/{b}",status="200"} 2.0' in lines
    assert 'panorama_requests_total{method="GET",route="/a/{b}",status="404"} 1.0' in lines
    assert 'panorama_request_seconds_bucket{le="0.0025",method="GET",route="/a/{b}",status="200"} 1.0' in lines


async def test_two_applications_count_apart() -> None:
    """Nothing is kept in a place that all share."""
    one, two = Metrics(), Metrics()
    one.observe("GET", "/a", 200, 0.1)
    assert b'route="/a"' not in await two.exposition()
