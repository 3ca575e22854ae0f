"""Keeps texts of users from becoming formulas of a spreadsheet (OWASP, "CSV Injection")."""

import unicodedata
from typing import Final

_FORMULA: Final = frozenset("=+-@\N{MINUS SIGN}")
_INVISIBLE: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
"""Categories of blanks, line breaks, controls and format characters, all of which spreadsheets may pass over."""

_IGNORABLE: Final = (range(0xFE00, 0xFE10), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
"""Selectors of variants, old and supplementary, and what Unicode reserves for more that is not displayed."""

_ALSO_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0"
    + "".join(chr(point) for points in _IGNORABLE for point in points)
)
"""Fillers, selectors and the empty Braille cell: nothing is seen of them either, though they have other categories.

With the categories above, these are all of Unicode's property Default_Ignorable_Code_Point.
"""

_ALONE: Final = frozenset("\t\r\n")
"""What is taken for the end of a cell, whatever comes behind it."""

_SEPARATOR: Final = ";"
"""Where the comma divides decimals, a spreadsheet divides cells by this, and heeds no quotation marks on its way."""


def harmless(text: str) -> str:
    """Return the text with an apostrophe before whatever a spreadsheet would take for the beginning of a formula.

    That is `=`, `+`, `-` and `@`, in every width and size, at the beginning of the text or behind a semicolon, and
    behind any blanks, quotation marks and characters that cannot be seen. Any other text is returned as it is.
    """
    cells = text.split(_SEPARATOR)
    return _SEPARATOR.join(f"'{cell}" if _is_formula(cell) else cell for cell in cells)


def _is_formula(cell: str) -> bool:
    seen = next((letter for letter in cell if not _is_passed_over(letter)), " ")
    # The compatibility form of full-width, small, raised and lowered signs is the plain one.
    return cell[:1] in _ALONE or unicodedata.normalize("NFKC", seen)[0] in _FORMULA


def _is_passed_over(letter: str) -> bool:
    return letter == '"' or unicodedata.category(letter) in _INVISIBLE or letter in _ALSO_INVISIBLE
