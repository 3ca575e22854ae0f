"""A provider of Terraform that answers with a schema and makes nothing: `python -m tests.deploy.schemas.served FILE`.

Terraform starts it itself, out of a mirror. With `--dev` behind the file it runs before, and prints how Terraform
attaches itself to it. The protocol is that of the package `tf`, installed with the tools of `tests/deploy` and
not where the service is.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

import tf.provider
import tf.runner
from tf.gen import tfplugin_pb2 as protocol

_NESTINGS: Final = {
    "list": protocol.Schema.NestedBlock.LIST,
    "set": protocol.Schema.NestedBlock.SET,
    "single": protocol.Schema.NestedBlock.SINGLE,
    "map": protocol.Schema.NestedBlock.MAP,
}


def serve(source: str, schema: Any) -> None:
    """Answer until Terraform ends it; `source` is the provider's address."""

    class Servicer(tf.provider.ProviderServicer):
        """Finds nothing wrong with values, of which the bindings say nothing."""

        def GetMetadata(self, request: object, context: object) -> Any:
            return protocol.GetMetadata.Response(
                resources=[{"type_name": name} for name in schema["resources"]],
                data_sources=[{"type_name": name} for name in schema["data_sources"]],
            )

        def GetProviderSchema(self, request: object, context: object) -> Any:
            return protocol.GetProviderSchema.Response(
                provider=_schema(schema["provider"]),
                resource_schemas={name: _schema(block) for name, block in schema["resources"].items()},
                data_source_schemas={name: _schema(block) for name, block in schema["data_sources"].items()},
            )

        def ValidateProviderConfig(self, request: object, context: object) -> Any:
            return protocol.ValidateProviderConfig.Response()

        def ValidateResourceConfig(self, request: object, context: object) -> Any:
            return protocol.ValidateResourceConfig.Response()

        def ValidateDataResourceConfig(self, request: object, context: object) -> Any:
            return protocol.ValidateDataResourceConfig.Response()

        def ConfigureProvider(self, request: object, context: object) -> Any:
            return protocol.ConfigureProvider.Response()

    class Provider:
        """Who it is."""

        def full_name(self) -> str:
            return source

        def get_model_prefix(self) -> str:
            return f"{source.rpartition('/')[2]}_"

    tf.provider.ProviderServicer = Servicer
    tf.runner.run_provider(Provider(), [sys.argv[0], *sys.argv[2:]])


def _schema(block: Any) -> Any:
    return protocol.Schema(version=0, block=_block(block, in_set=False))


def _block(block: Any, *, in_set: bool) -> Any:
    attributes = [
        protocol.Schema.Attribute(
            name=name,
            type=json.dumps(_type(attribute["type"], in_set=in_set)).encode(),
            **{flag: attribute[flag] for flag in ("required", "optional", "computed")},
        )
        for name, attribute in block["attributes"].items()
    ]
    blocks = [_nested(name, nested, in_set=in_set) for name, nested in block["blocks"].items()]
    return protocol.Schema.Block(version=0, attributes=attributes, block_types=blocks)


def _nested(name: str, nested: Any, *, in_set: bool) -> Any:
    alone = nested["nesting"] == "single"
    counts = {} if alone else {"min_items": nested["least"], "max_items": nested["most"]}
    block = _block(nested["block"], in_set=in_set or nested["nesting"] == "set")
    return protocol.Schema.NestedBlock(type_name=name, block=block, nesting=_NESTINGS[nested["nesting"]], **counts)


def _type(kind: Any, *, in_set: bool) -> Any:
    # Terraform takes no type that is open inside a set.
    return "string" if in_set and "dynamic" in json.dumps(kind) else kind


if __name__ == "__main__":
    serve(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
