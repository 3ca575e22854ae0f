"""What holds for a tenant's panoramas at any moment, whatever has failed before."""

from application.panoramas.lists import list_panoramas, panoramas_of_issue
from domain.ids import PanoramaId
from tests.fakes.house import ANN, TENANT, House


async def assert_consistent(house: House) -> None:
    """Every stream is without a gap and loads; lists and the issue index tell what the trees do."""
    streams: dict[str, int] = {}
    for record in await house.storage.scan(TENANT, "change"):
        panorama, version = record.ref.key.split("/")
        assert int(version) == streams.get(panorama, 0) + 1, "a version is missing"
        streams[panorama] = int(version)
    listed = {entry.panorama: entry for entry in await list_panoramas(TENANT, ANN, house.panoramas)}
    assert set(listed) == set(streams), "a list shows exactly the panoramas that there are"
    for panorama, entry in listed.items():
        await _assert_found(house, panorama)
        tree = (await house.panoramas.newest(TENANT, panorama)).tree
        assert tree.version == streams[panorama]
        assert (entry.name, entry.access, entry.archived) == (tree.name, tree.access, tree.archived)


async def _assert_found(house: House, panorama: PanoramaId) -> None:
    tree = (await house.panoramas.newest(TENANT, panorama)).tree
    for issue in {node.issue for node in tree.walk() if node.issue is not None}:
        hits = await panoramas_of_issue(TENANT, ANN, issue, house.panoramas)
        assert panorama in {hit.panorama for hit in hits}, "an issue does not lead to its panorama"
