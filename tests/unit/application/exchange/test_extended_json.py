"""The reader of MongoDB's extended JSON: known answers, refusals, and what holds for any bytes."""

import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from application.exchange.extended_json import DEPTH, VALUES, documents
from application.exchange.extended_types import ObjectId, Reference
from application.exchange.tokens import Unreadable
from tests.patience import patience

MOMENT = datetime(2018, 7, 25, 7, 54, 13, 338000, tzinfo=UTC)
NODE = ObjectId("5b582ca5835e13000443333c")

KNOWN: list[tuple[str, object]] = [
    ("null", None),
    ("true", True),
    ("false", False),
    ("0", 0),
    ("-0", 0),
    ("12731", 12731),
    ("-1.5e3", -1500.0),
    ('""', ""),
    ('"a\\"b\\\\c\\/d\\n\\u00e9\\ud83d\\ude00"', 'a"b\\c/d\né😀'),
    ('"\\ud800"', "\ud800"),
    ("[]", []),
    ("[ ]", []),
    ("{}", {}),
    ('{ "a" : [ 1, { "b" : null }]}', {"a": [1, {"b": None}]}),
    ('ObjectId("5b582ca5835e13000443333c")', NODE),
    ('ObjectId("5B582CA5835E13000443333C")', NODE),
    ('{"$oid":"5b582ca5835e13000443333c"}', NODE),
    ("NumberLong(12731)", 12731),
    ('NumberLong("9223372036854775807")', 2**63 - 1),
    ('{"$numberLong":"-9223372036854775808"}', -(2**63)),
    ("NumberInt(5)", 5),
    ('{"$numberInt":"5"}', 5),
    ('ISODate("2018-07-25T07:54:13.338Z")', MOMENT),
    ('ISODate("2018-07-25T07:54:13.338+0000")', MOMENT),
    ("new Date(1532505253338)", MOMENT),
    ("Date(1532505253338)", MOMENT),
    ('{"$date":"2018-07-25T07:54:13.338Z"}', MOMENT),
    ('{"$date":"2018-07-25T09:54:13.338+02:00"}', MOMENT),
    ('{"$date":{"$numberLong":"1532505253338"}}', MOMENT),
    ('{"$date":1532505253338}', MOMENT),
    ('{"$date":{"$numberLong":"-1000"}}', datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ('DBRef("jiraUser", ObjectId("5b582ca5835e13000443333c"))', Reference("jiraUser", NODE)),
    ('{"$ref":"jiraUser","$id":{"$oid":"5b582ca5835e13000443333c"}}', Reference("jiraUser", NODE)),
    ('{"$id":5,"$ref":"jiraUser"}', Reference("jiraUser", 5)),
]

REFUSED = [
    ("an object that does not end", "{", "line 1, column 2"),
    ("an unquoted name", "{a:1}", "line 1, column 2"),
    ("a missing colon", '{"a" 1}', "line 1, column 6"),
    ("a comma at the end", '{"a":1,}', "line 1, column 8"),
    ("a missing comma", "[1\n 2]", "line 2, column 2"),
    ("a list that does not end", "[[1,2", "line 1, column 6"),
    ("an array with something behind it", "[1]\n2", "line 2, column 1"),
    ("a text that does not end", '  "abc', "line 1, column 3"),
    ("a line break in a text", '"a\nb"', "line 1, column 1"),
    ("an unknown escape", '"\\x41"', "line 1, column 1"),
    ("a broken escape", '"\\u12"', "line 1, column 1"),
    ("quotes of another kind", "'a'", "line 1, column 1"),
    ("a leading zero", "[01]", "line 1, column 3"),
    ("a number of 33 digits", "1" * 33, "line 1, column 1"),
    ("a word of no meaning", "Infinity", "line 1, column 9"),
    ("a call of no meaning", "Timestamp(1, 2)", "line 1, column 16"),
    ("new of nothing", "new 5", "line 1, column 5"),
    ("too few arguments", "ObjectId()", "line 1, column 11"),
    ("too many arguments", "NumberLong(1, 2)", "line 1, column 17"),
    ("an id too short", 'ObjectId("5b58")', "line 1, column 17"),
    ("an id that is no text", "ObjectId(5)", "line 1, column 12"),
    ("an operator of no meaning", '{"$regex":"a"}', "line 1, column 15"),
    ("an operator with company", '{"$oid":"5b582ca5835e13000443333c","a":1}', "line 1, column 42"),
    ("a long that is too long", 'NumberLong("9223372036854775808")', "line 1, column 34"),
    ("a long with a fraction", "NumberLong(1.5)", "line 1, column 16"),
    ("a long that is a truth value", "NumberLong(true)", "line 1, column 17"),
    ("an int that is too long", "NumberInt(2147483648)", "line 1, column 22"),
    ("a date without a zone", 'ISODate("2018-07-25T07:54:13")', "line 1, column 31"),
    ("a date that there is not", 'ISODate("2018-02-30T07:54:13Z")', "line 1, column 32"),
    ("a date beyond the year 9999", '{"$date":{"$numberLong":"253402300800000"}}', "line 1, column 44"),
    ("a date before the year 1", 'ISODate("0001-01-01T00:00:00+14:00")', "line 1, column 37"),
    ("a date that is a truth value", '{"$date":true}', "line 1, column 15"),
    ("a reference into no collection", '{"$ref":5,"$id":5}', "line 1, column 19"),
    ("a reference with a database", '{"$ref":"a","$id":5,"$db":"b"}', "line 1, column 31"),
    ("a name that stands twice", '{"a":1,"a":2}', "line 1, column 11"),
    ("a control character", "\x00", "line 1, column 1"),
]


def read(text: str | bytes) -> list[object]:
    """Read all documents."""
    return list(documents(text if isinstance(text, bytes) else text.encode()))


@pytest.mark.parametrize(("text", "value"), KNOWN, ids=[text for text, _ in KNOWN])
def test_known_answers(text: str, value: object) -> None:
    """Each form of each type is read as the value that it stands for."""
    (found,) = read(text if text.startswith("{") else f"[{text}]")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("text", "where"), [(text, where) for _, text, where in REFUSED], ids=[r[0] for r in REFUSED])
def test_anything_else_is_refused_by_position(text: str, where: str) -> None:
    """What is no document is refused, and the answer says where but not what stands there."""
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert refused.value.where == where
    assert text not in refused.value.what


@pytest.mark.parametrize("between", ["\n", " ", "", "\r\n\r\n", "\t"])
def test_documents_may_follow_one_another(between: str) -> None:
    """Documents stand behind one another with any white space between them, or none."""
    assert read(between.join(['{"a":1}', '{"b":2}', '{"c":3}'])) == [{"a": 1}, {"b": 2}, {"c": 3}]


@pytest.mark.parametrize(("text", "count"), [("[]", 0), ("[{}]", 1), (" [ {} , {} ] ", 2), ("", 0), (" \n", 0)])
def test_documents_may_be_an_array(text: str, count: int) -> None:
    """One array of documents is the same as the documents."""
    assert read(text) == [{}] * count


def test_bytes_that_are_not_utf8_are_refused() -> None:
    """The position is that of the first byte that cannot be."""
    with pytest.raises(Unreadable) as refused:
        read(b'{"a":"\xff"}')
    assert refused.value.where == "byte 7"


def test_values_may_lie_only_so_deep() -> None:
    """Nesting beyond the limit is refused, however deep it is, and without a deep stack."""
    assert read("[" + "[" * DEPTH + "]" * DEPTH + "]")
    for depth in (DEPTH + 1, 1_000_000):
        with pytest.raises(Unreadable, match="too deep"):
            read("[" + "[" * depth + "]" * depth + "]")


def test_a_document_may_hold_only_so_many_values() -> None:
    """A document of countless values is refused before they fill the memory; several large ones are not."""
    large = '{"a":[' + "0," * (VALUES - 3) + "0]}"
    assert len(read(f"{large}\n{large[:100]}0]}}")) == 2
    with pytest.raises(Unreadable, match="too large"):
        read(large.replace("[", "[0,"))


@pytest.mark.parametrize(
    "piece", ['"', "\\", '"\\', "{", "[", "1", "-", "e", "a", "(", " ", '{"a":', '""', "0 ", "ObjectId("]
)
def test_reading_takes_linear_time(piece: str) -> None:
    """No text makes the reader go back over what it has seen: a large text takes a moment."""
    start = time.perf_counter()
    for text in (piece * (200_000 // len(piece)), '"' + piece * (200_000 // len(piece))):
        with pytest.raises(Unreadable):
            read(text + "?")
    assert time.perf_counter() - start < patience(10)


SCRAPS = st.sampled_from(
    ['"', "{", "}", "[", "]", "(", ")", ":", ",", "\\", "$oid", "$date", '"$ref"', "ObjectId", "new ", "Date", "1", "-"]
)


def test_any_bytes_are_values_or_refused() -> None:
    """Whatever the bytes are, they are read or refused by position; nothing else is raised."""
    outcomes = Counter[str]()

    @given(
        st.binary()
        | st.lists(SCRAPS | st.text(max_size=3)).map(lambda scraps: "".join(scraps).encode("utf-8", "replace"))
    )
    @example(b'{"$date":{"$date":1}}')
    def read_any(content: bytes) -> None:
        try:
            read(content)
        except Unreadable:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1

    read_any()
    assert min(outcomes["refused"], outcomes["read"]) > 0, outcomes
