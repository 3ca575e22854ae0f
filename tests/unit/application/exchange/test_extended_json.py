"""The reader of MongoDB's extended JSON: known answers, refusals, and what holds for any bytes."""

import math
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from application.exchange import extended_json
from application.exchange.extended_json import DEPTH, VALUES, documents
from application.exchange.extended_types import OPAQUE, ObjectId, Reference, whole_number
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
    ('{"$ref":"a","$id":5,"$db":"b"}', Reference("a", 5, has_more=True)),
    ('{"$ref":"a","$id":5,"$db":"b","more":{"$undefined":true}}', Reference("a", 5, has_more=True)),
    ("DBRef('a', 5, 'b')", Reference("a", 5, has_more=True)),
    ("new DBRef('a', 5, 'b', { c: 1 })", Reference("a", 5, has_more=True)),
    ('{"$dbPointer":{"$ref":"db.jiraUser","$id":{"$oid":"5b582ca5835e13000443333c"}}}', Reference("jiraUser", NODE)),
    ("DBPointer('jiraUser', ObjectId('5b582ca5835e13000443333c'))", Reference("jiraUser", NODE)),
    ('{"$numberDouble":"1.0"}', 1.0),
    ('{"$numberDouble":"-0.0"}', -0.0),
    ('{"$numberDouble":"Infinity"}', math.inf),
    ('{"$numberDouble":"-Infinity"}', -math.inf),
    ('{"$numberDouble":1.5}', 1.5),
    ("Double(2)", 2.0),
    ("Infinity", math.inf),
    ("-Infinity", -math.inf),
    ('{"$numberDecimal":"12731.50"}', Decimal("12731.50")),
    ('{"$numberDecimal":"1E+6144"}', Decimal("1E+6144")),
    ('{"$numberDecimal":"-Infinity"}', -math.inf),
    ("NumberDecimal('.5')", Decimal("0.5")),
    ("Decimal128('5')", Decimal(5)),
    ("Long('12731')", 12731),
    ("new Long('12731')", 12731),
    ("Long.fromString('12731')", 12731),
    ("Int32(5)", 5),
    ("new ObjectId('5b582ca5835e13000443333c')", NODE),
    ('{"$symbol":"s"}', "s"),
    ("BSONSymbol('s')", "s"),
    ('{"$undefined":true}', None),
    ("undefined", None),
    (r"""'it\'s \"so\" `\x41\u{1F600}\0\v'""", 'it\'s "so" `A😀\0\v'),
    ('`it\'s "so"`', 'it\'s "so"'),
    ("'a\\n' +\n  'b'", "a\nb"),
    ("{a:1,$b_2:'c',d:{},}", {"a": 1, "$b_2": "c", "d": {}}),
    ("{ new: 1, null: 2, NaN: 3 }", {"new": 1, "null": 2, "NaN": 3}),
    ("[1,2,]", [1, 2]),
    ("/* 1 */ [ // one\n 1, /* two **/ 2\u00a0\ufeff] //\n", [1, 2]),
]

NO_USE = [
    '{"$binary":{"base64":"AAAA","subType":"00"}}',
    '{"$binary":"AAAA","$type":"03"}',
    '{"$uuid":"5b3640f8-f4a1-7f00-0414-3c405b3640f8"}',
    '{"$timestamp":{"t":1532505253,"i":1}}',
    '{"$regularExpression":{"pattern":"a","options":"i"}}',
    '{"$regex":"a","$options":"i"}',
    '{"$code":"f()"}',
    '{"$code":"f()","$scope":{"a":{"$numberInt":"1"}}}',
    '{"$minKey":1}',
    '{"$maxKey":1}',
    "MinKey",
    "MaxKey()",
    "Timestamp(1, 2)",
    "Timestamp({ t: 1532505253, i: 1 })",
    "UUID('5b3640f8-f4a1-7f00-0414-3c405b3640f8')",
    "LUUID('5b3640f8-f4a1-7f00-0414-3c405b3640f8')",
    "BinData(0, 'AAAA')",
    "Binary(Buffer.from('0001', 'hex'), 0)",
    "Binary.createFromBase64('AAAA', 0)",
    "/a[/\\]]\\/b/i",
    "BSONRegExp('a', 'i')",
    "Code('f()', { a: 1 })",
    '{"$from.a.later":{"version":3}}',
    # What is written like one that is read, and is none.
    "ObjectId()",
    "NumberLong(1, 2)",
    'ObjectId("5b58")',
    "ObjectId(5)",
    '{"$regex":"a"}',
    '{"$oid":"5b582ca5835e13000443333c","a":1}',
    'NumberLong("9223372036854775808")',
    "NumberLong(1.5)",
    "NumberLong(true)",
    "NumberInt(2147483648)",
    'ISODate("2018-07-25T07:54:13")',
    'ISODate("2018-02-30T07:54:13Z")',
    '{"$date":{"$numberLong":"253402300800000"}}',
    'ISODate("0001-01-01T00:00:00+14:00")',
    '{"$date":true}',
    '{"$ref":5,"$id":5}',
    '{"$numberDouble":"0x1"}',
    '{"$numberDouble":true}',
    '{"$numberDecimal":"1e99999"}',
    '{"$symbol":5}',
    '{"$dbPointer":5}',
]
"""Types that a panorama has no use for, as the specification, older versions and the shells write them."""

REFUSED = [
    ("an object that does not end", "{", "line 1, column 2"),
    ("a missing colon", '{"a" 1}', "line 1, column 6"),
    ("a missing comma", "[1\n 2]", "line 2, column 2"),
    ("a list that does not end", "[[1,2", "line 1, column 6"),
    ("an array with something behind it", "[1]\n2", "line 2, column 1"),
    ("a text that does not end", '  "abc', "line 1, column 3"),
    ("a line break in a text", '"a\nb"', "line 1, column 1"),
    ("an unknown escape", '"\\q"', "line 1, column 1"),
    ("an escape beyond the last character", "'\\u{110000}'", "line 1, column 1"),
    ("an empty escape", "'\\x4'", "line 1, column 1"),
    ("two commas", "[1,,2]", "line 1, column 4"),
    ("a comma alone", "[,]", "line 1, column 2"),
    ("a comma alone in an object", "{,}", "line 1, column 2"),
    ("a comment that does not end", "[1 /* 2]", "line 1, column 4"),
    ("an expression that does not end", "[/a]", "line 1, column 2"),
    ("a part of a text that is none", "'a' + 1", "line 1, column 7"),
    ("a text that was cut short", "['a', ... 5 more items]", "line 1, column 7"),
    ("a list that was cut short", '[{}]\nType "it" for more', "line 2, column 1"),
    ("a number for a name", "{1:2}", "line 1, column 2"),
    ("a broken escape", '"\\u12"', "line 1, column 1"),
    ("a leading zero", "[01]", "line 1, column 3"),
    ("a word of no meaning", "[Frobnicate]", "line 1, column 12"),
    ("new of nothing", "new 5", "line 1, column 5"),
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


@pytest.mark.parametrize("text", NO_USE)
def test_what_has_no_meaning_is_read_over(text: str) -> None:
    """It is a value that nothing has a use for, and what stands around it is read."""
    assert read(f'{{"a":{text},"b":[{text}, 5]}}') == [{"a": OPAQUE, "b": [OPAQUE, 5]}]


@pytest.mark.parametrize("text", ["NaN", '{"$numberDouble":"NaN"}', "NumberDecimal('NaN')"])
def test_what_is_no_number_is_a_number_of_its_own(text: str) -> None:
    """It equals nothing, itself included."""
    (found,) = read(f"[{text}]")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (12731, 12731),
        (12731.0, 12731),
        (Decimal("12731.0"), 12731),
        (2.0**53, 2**53),
        (2.0**54, None),
        (Decimal(2**63 - 1), 2**63 - 1),
        (Decimal("1E+6144"), None),
        (0.5, None),
        (Decimal("0.5"), None),
        (math.inf, None),
        (math.nan, None),
        (True, None),
        ("5", None),
        (OPAQUE, None),
    ],
)
def test_a_whole_number_may_have_any_type(value: object, number: int | None) -> None:
    """As long as the type holds it exactly."""
    assert whole_number(value) == number


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


def test_a_number_longer_than_any_that_is_printed_is_read_over() -> None:
    """It refuses no file: nothing that is read from a document has so many digits."""
    for number in ("1" * 33, "0." + "1" * 40, "-" + "9" * 1_000_000):
        assert read(f"[{number}, 1]") == [OPAQUE, 1]
    assert read(f"[{'1' * 32}]") == [int("1" * 32)]


def test_values_may_lie_as_deep_as_bson_allows_under_a_server() -> None:
    """The deepest is read although a server's own frames lie below, whichever of the nestings it is."""

    def within(frames: int, text: str) -> list[object]:
        return within(frames - 1, text) if frames else read(text)

    assert DEPTH == 100
    for opening, closing in (("[", "]"), ('{"a":', "}"), ("f(", ")")):
        deep = opening * (DEPTH - 1) + "1" + closing * (DEPTH - 1)
        assert len(within(500, f"[{deep}]")) == 1


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


def test_the_parts_of_a_text_count_as_values() -> None:
    """A text of countless parts is refused as a list of countless values is."""
    text = "['x'" + "+'x'" * (VALUES - 3) + ",0]"
    assert read(f"[{text}]") == [["x" * (VALUES - 2), 0]]
    with pytest.raises(Unreadable, match="too large"):
        read(f"[{text.replace(',', ',0,')}]")


class Counted(str):
    """A text that counts what is copied when it is added to."""

    __slots__ = ()
    copied = 0

    def __add__(self, other: str) -> "Counted":
        """Count the characters of the copy."""
        Counted.copied += len(self) + len(other)
        return Counted(super().__add__(other))


def test_the_parts_of_a_text_are_not_copied_again_with_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are put together once, or the time would grow with the square of their number."""
    monkeypatch.setattr(Counted, "copied", 0)
    monkeypatch.setattr(extended_json, "unquoted", lambda text: Counted(text[1:-1]))
    assert read("['ab'" + "+'ab'" * 999 + "]") == ["ab" * 1_000]
    assert Counted.copied <= 2_000


@pytest.mark.parametrize(
    "piece",
    [
        *"\"'`\\{[1-ea( /$+",
        '"\\',
        '{"a":',
        '""',
        "0 ",
        "ObjectId(",
        "/*",
        "*/",
        "//",
        "/a/",
        "/[",
        "/* */",
        "a.",
        "''+",
        "'x'+",
        "{a:",
    ],
)
def test_reading_takes_linear_time(piece: str) -> None:
    """No text makes the reader go back over what it has seen: a large text takes a moment."""
    start = time.perf_counter()
    for text in (piece * (200_000 // len(piece)), '"' + piece * (200_000 // len(piece))):
        with pytest.raises(Unreadable):
            read(text + "\n?")
    assert time.perf_counter() - start < patience(10)


SCRAPS = st.sampled_from(
    [*"\"'`/+\n{}[]():,\\1-", "/*", "*/", "//", "$oid", "$date", '"$ref"', "ObjectId", "new ", "Date"]
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
