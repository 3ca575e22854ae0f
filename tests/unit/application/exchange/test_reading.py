"""Telling the forms of files apart."""

from codecs import BOM_UTF8

import pytest

from application.exchange.reading import read_import
from tests.unit.application.exchange.documents import ALIAS, ROOT, content, node

OWN = f'{{"format":"panorama/1","name":"N","root":"{ROOT}"}}'.encode()


@pytest.mark.parametrize("mark", [b"", BOM_UTF8])
@pytest.mark.parametrize(("file", "name"), [(OWN, "N"), (content(node(1)), "Panorama 5b582c98835e130004433339")])
def test_the_form_is_told_from_the_content(file: bytes, name: str, mark: bytes) -> None:
    """JSON with a format is our own form, anything else documents; a byte order mark in front is no content."""
    (panorama,), _ = read_import(mark + file, ALIAS)
    assert panorama.name == name
