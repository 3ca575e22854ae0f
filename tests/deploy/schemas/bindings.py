"""Reads a provider's schema out of its bindings for CDK Terrain, or for the CDK for Terraform before it.

The bindings are TypeScript that a generator has written from the schema. Three of its habits are read here: a function
`…ToHclTerraform` for each block, which names the type of each argument; an interface for each block, which says what is
required; and, in newer ones, a comment before each property, which says whether it is computed, too.
"""

import io
import re
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final, NamedTuple

Block = dict[str, Any]
"""`attributes` by name, each with `type`, `required`, `optional` and `computed`; `blocks` by name, each with `nesting`,
`least`, `most` and its own `block`."""

PROVIDER: Final = "provider"
"""What the arguments of the provider itself are filed under."""

_DATA: Final = "data-"
_PRIMITIVE: Final = {"string": "string", "number": "number", "boolean": "bool"}
_GOT: Final = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "BooleanMap": ["map", "bool"],
    "NumberMap": ["map", "number"],
}
_COLLECTION: Final = re.compile(r"(string|number|boolean)(?:List|Map)")
_ENTRY: Final = re.compile(
    r"^\s+(?P<name>\w+): \{\n\s+value: (?P<value>.*?(?:struct\.|this\._)(?P<property>\w+).*),\n"
    r"\s+isBlock: (?P<is_block>true|false),\n"
    r'\s+type: "(?P<kind>\w+)",\n\s+storageClassType: "(?P<stored>\w+)"',
    re.MULTILINE,
)
_PROPERTY: Final = re.compile(
    r"// (?P<name>\w+) - computed: (?P<computed>true|false), optional: (?P<optional>true|false), "
    r"required: (?:true|false)\n(?P<body>.*?)(?=\n    // \w+ - computed: |\n    // =====|\Z)",
    re.DOTALL,
)
_CLASS: Final = re.compile(r"^class (\w+) extends cdkt[fn]\.(\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FUNCTION: Final = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_INTERFACE: Final = re.compile(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_DEMANDED: Final = re.compile(r"^    readonly (\w+):", re.MULTILINE)
_CONFIG: Final = re.compile(r"^    constructor\(scope: Construct, id: string, config\??: (\w+)\);", re.MULTILINE)
_VERSION: Final = re.compile(r"providerVersion: '([\d.]+)'")
_TYPE_NAME: Final = re.compile(r"terraformResourceType: ['\"](\w+)['\"]")


class Schema(NamedTuple):
    """What is known of a provider, as far as it was asked for."""

    version: str
    provider: Block
    resources: dict[str, Block]
    data_sources: dict[str, Block]


def read(wheel: Path, resources: AbstractSet[str], data_sources: AbstractSet[str]) -> Schema:
    """Return the schema of so many resources and data sources; raises LookupError where the bindings have no such."""
    found = Schema("", {}, {}, {})
    folders = {PROVIDER} | {_folder(name) for name in resources} | {_DATA + _folder(name) for name in data_sources}
    for folder, text in _modules(wheel, folders).items():
        module = _Module(text)
        if folder == PROVIDER:
            found = found._replace(version=_one(_VERSION, text), provider=module.whole())
        else:
            kind = found.data_sources if module.is_data_source() else found.resources
            kind[_one(_TYPE_NAME, text)] = module.whole()
    lacking = (resources - found.resources.keys()) | (data_sources - found.data_sources.keys())
    if lacking or not found.provider:
        message = f"the bindings do not know {', '.join(sorted(lacking)) or 'their provider'}"
        raise LookupError(message)
    return found


def _folder(name: str) -> str:
    return name.partition("_")[2].replace("_", "-")


def _one(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _modules(wheel: Path, folders: set[str]) -> dict[str, str]:
    """Return all the text of each folder: what is large has its blocks in files beside it."""
    found = defaultdict[str, list[str]](list)
    with zipfile.ZipFile(wheel) as outer:
        (name,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        content = io.BytesIO(outer.read(name))
    # One pass from front to end: going back in compressed bytes means to begin anew.
    with tarfile.open(fileobj=content, mode="r|gz") as inner:
        for member in inner:
            parts = member.name.split("/")
            if (
                parts[:2] == ["package", "lib"]
                and member.name.endswith((".js", ".d.ts"))
                and _wanted(parts[2], folders)
            ):
                opened = inner.extractfile(member)
                assert opened is not None
                found[parts[2]].append(opened.read().decode())
    return {folder: "\n".join(texts) for folder, texts in found.items()}


def _wanted(folder: str, folders: set[str]) -> bool:
    # A data source is called after its provider too: data-google-project.
    return folder in folders or (folder.startswith(_DATA) and _DATA + folder.split("-", 2)[2] in folders)


class _Module:
    """One folder of the bindings: a resource, a data source or the provider, with the blocks in it."""

    def __init__(self, text: str) -> None:
        self._demanded = {name: set(_DEMANDED.findall(body)) for name, body in _INTERFACE.findall(text)}
        self._functions = dict(_FUNCTION.findall(text))
        # Not always called after the class: another resource may have a block of that name.
        self._config = _one(_CONFIG, text)
        classes = _CLASS.findall(text)
        self._bodies: dict[str, str] = {name: body for name, _, body in classes}
        self._parent: str
        self._body: str
        ((_, self._parent, self._body),) = (each for each in classes if each[1].startswith("Terraform"))

    def is_data_source(self) -> bool:
        return self._parent == "TerraformDataSource"

    def whole(self) -> Block:
        """Return the block that stands outermost."""
        written = self._body[self._body.rindex("synthesizeHclAttributes()") :]
        return self._block(written, self._body, self._demanded.get(self._config, set()))

    def _block(self, entries: str, body: str, demanded: set[str]) -> Block:
        """Return a block from what it writes, the class that has its properties, and what is required of it."""
        properties = {each["name"]: each for each in _PROPERTY.finditer(body)}
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for entry in _ENTRY.finditer(entries):
            required = entry["property"] in demanded
            if (nested := self._nested(entry)) is not None:
                blocks[entry["name"]] = _counted(entry, nested, required=required)
            else:
                found = properties.get(entry["name"])
                attributes[entry["name"]] = {"type": _argument_type(entry), **_flags(found, required=required)}
        for name, found in properties.items():
            if name not in attributes and name not in blocks:
                attributes[name] = {"type": self._computed_type(found), **_flags(found, required=False)}
        return {"attributes": attributes, "blocks": blocks}

    def _nested(self, entry: re.Match[str]) -> Block | None:
        function = re.search(r"(\w+)ToHclTerraform", entry["value"])
        if entry["is_block"] == "false" or function is None or function[1] in _PRIMITIVE:
            return None
        name = function[1][0].upper() + function[1][1:]
        # Blocks of the provider itself have no such class: nothing is read from them.
        properties = self._bodies.get(f"{name}OutputReference", "")
        return self._block(self._functions[function[1]], properties, self._demanded.get(name, set()))

    def _computed_type(self, found: re.Match[str]) -> Any:
        """Return the type of what the provider alone fills in."""
        name = found["name"]
        got = re.search(rf"this\.get(\w+)Attribute\(['\"]{name}['\"]", found["body"])
        if got is not None:
            return _GOT.get(got[1], "dynamic")
        made = re.search(rf"= new (?:\w+\.)?(\w+)\(this, ['\"]{name}['\"]", found["body"])
        if made is None:
            return "dynamic"
        if made[1] in {"StringMap", "BooleanMap", "NumberMap"}:
            return _GOT[made[1]]
        return self._complex_type(made[1])

    def _complex_type(self, name: str) -> Any:
        element = name.removesuffix("List") + ("OutputReference" if name.endswith("List") else "")
        if element not in self._bodies:
            return "dynamic"
        fields = _PROPERTY.finditer(self._bodies[element])
        whole = ["object", {field["name"]: self._computed_type(field) for field in fields}]
        return ["list", whole] if name.endswith("List") else whole


def _argument_type(entry: re.Match[str]) -> Any:
    if entry["kind"] == "simple":
        return _PRIMITIVE.get(entry["stored"], "dynamic")
    found = _COLLECTION.fullmatch(entry["stored"])
    return [entry["kind"], _PRIMITIVE[found[1]]] if found else "dynamic"


def _flags(found: re.Match[str] | None, *, required: bool) -> Mapping[str, bool]:
    if required:
        return {"required": True, "optional": False, "computed": False}
    if found is None:
        return {"required": False, "optional": True, "computed": True}
    return {"required": False, "optional": found["optional"] == "true", "computed": found["computed"] == "true"}


def _counted(entry: re.Match[str], block: Block, *, required: bool) -> Block:
    many = "listMapper" in entry["value"]
    nesting = "single" if entry["kind"] == "struct" else entry["kind"]
    return {"nesting": nesting, "least": int(required), "most": 0 if many else 1, "block": block}
