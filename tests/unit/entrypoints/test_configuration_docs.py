"""docs/configuration.md tells the truth about every key."""

import re
import tomllib
from pathlib import Path

import msgspec

from entrypoints.configuration import EMBEDDED, EMBEDDED_SITE
from entrypoints.configuration_keys import KEYS, Key
from entrypoints.configuration_shape import shape_problems

PAGE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z_.*]+)` \| `([A-Z_*]+)` \| (.+?) \| .+ \|$", re.MULTILINE)
EXAMPLE = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def told_default(key: Key) -> str:
    """Write a default as the page does."""
    if key.required:
        return "required"
    values = key.default if isinstance(key.default, tuple) else (key.default,)
    told = [str(value).lower() if isinstance(value, bool) else value for value in values if value is not None]
    return ", ".join(f"`{value}`" for value in told) or "none"


def test_every_key_is_there_with_its_variable_and_its_default() -> None:
    """A key, its variable or its default cannot change without the page."""
    told = {key: (variable, default) for key, variable, default in ROW.findall(PAGE)}
    assert told == {key.path: (key.environment, told_default(key)) for key in KEYS.values()}


def test_the_examples_are_right() -> None:
    """What somebody copies from the page works; the first example is the embedded default itself."""
    examples = [tomllib.loads(text) for text in EXAMPLE.findall(PAGE)]
    assert len(examples) == 2
    assert [list(shape_problems(example)) for example in examples] == [[], []]
    assert msgspec.convert(examples[0]["sites"][EMBEDDED], type(EMBEDDED_SITE)) == EMBEDDED_SITE
