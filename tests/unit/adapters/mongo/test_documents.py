"""What records look like as documents."""

from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.mongo.documents import document_id, id_range, is_live, to_document, to_record
from ports.storage import Ref, Shipping
from tests.contract.storage.samples import later, sample

NAMES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=4)
REFS = st.builds(Ref, NAMES, NAMES, NAMES)


@given(REFS, REFS)
def test_no_two_records_share_a_document(one: Ref, other: Ref) -> None:
    """Different references lead to different documents, wherever their parts begin and end."""
    assume(one != other)
    assert document_id(one) != document_id(other)


@given(REFS, st.lists(NAMES))
def test_ids_sort_like_keys(ref: Ref, keys: list[str]) -> None:
    """Within one tenant and kind, the ids of documents are in the order of the keys."""
    refs = [ref._replace(key=key) for key in keys]
    assert sorted(refs, key=document_id) == sorted(refs)


@given(ref=REFS, prefix=NAMES, after=st.none() | NAMES, reverse=st.booleans(), data=st.data())
def test_a_range_holds_exactly_what_is_asked_for(
    *, ref: Ref, prefix: str, after: str | None, reverse: bool, data: st.DataObject
) -> None:
    """The bounds of a scan let through the keys that have the prefix and lie beyond `after`, of one kind alone."""
    key = data.draw(st.sampled_from([ref.key, prefix, prefix + ref.key, (after or "") + ref.key]))
    place = ref._replace(key=key)
    first, last = id_range(ref.tenant, ref.kind, prefix, after, reverse=reverse)
    beyond = after is None or (key < after if reverse else key > after)
    assert (first <= document_id(place) < last) is (key.startswith(prefix) and beyond)


@given(st.sampled_from(Shipping), st.sampled_from([b"", b"x", None]), st.sampled_from([None, later(1)]))
def test_a_record_comes_back_whole(shipping: Shipping, body: bytes | None, due: object) -> None:
    """Records and tombstones are the same after they have been documents; what is None takes no place."""
    record = sample("a", 7, body, due=later(1) if due else None, generation=3, shipping=shipping)
    document = to_document(record)
    assert to_record(document) == record
    assert is_live(document) is (body is not None)
    assert None not in document.values()
