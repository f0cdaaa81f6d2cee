"""DataHub as a catalogue: entries become its entities, through its own client."""

from typing import TYPE_CHECKING, Any

from include.catalog.entry import Column, Entry, Kind

if TYPE_CHECKING:
    pass

PLATFORM = {"table": "postgres", "dag": "airflow"}
ENTITY = {"table": "dataset", "dag": "dataFlow"}
ENVIRONMENT = "PROD"


class DataHubCatalogue:
    """Speaks to DataHub's metadata service (GMS).

    A table becomes a `dataset`, a Dag a `dataFlow`; owners, tags and schema are aspects of them.
    What is removed is marked as removed, as DataHub does it, and can be brought back.
    """

    def __init__(self, server: str) -> None:
        """Connect to GMS at this address.

        Raises:
            datahub.configuration.common.ConfigurationError: it is no GMS, or does not answer.
        """
        from datahub.ingestion.graph.client import DatahubClientConfig, DataHubGraph

        self.server = server
        config = DatahubClientConfig(server=server, timeout_sec=10, retry_max_times=2)
        self._graph: DataHubGraph = DataHubGraph(config)

    def publish(self, entry: Entry) -> None:
        """Write every aspect of the entry."""
        from datahub.emitter.mcp import MetadataChangeProposalWrapper

        for aspect in self._aspects(entry):
            urn = urn_of(entry.key)
            self._graph.emit_mcp(MetadataChangeProposalWrapper(entityUrn=urn, aspect=aspect))

    def read(self, key: str) -> Entry | None:
        """The entry of this key; None if there is none, or if it was removed."""
        from datahub.metadata import schema_classes as schema

        urn, kind = urn_of(key), key.partition(":")[0]
        status = self._graph.get_aspect(urn, schema.StatusClass)
        if status is None or status.removed:
            return None
        facts: Any = schema.DatasetPropertiesClass if kind == "table" else schema.DataFlowInfoClass
        described: Any = self._graph.get_aspect(urn, facts)
        owners = self._graph.get_aspect(urn, schema.OwnershipClass)
        tags = self._graph.get_aspect(urn, schema.GlobalTagsClass)
        columns = self._graph.get_aspect(urn, schema.SchemaMetadataClass)
        return Entry(
            "table" if kind == "table" else "dag",
            key.partition(":")[2],
            _last(owners.owners[0].owner) if owners and owners.owners else "",
            described.description or "" if described else "",
            tuple(_last(one.tag) for one in tags.tags) if tags else (),
            tuple(Column(f.fieldPath, f.nativeDataType) for f in columns.fields) if columns else (),
        )

    def find(self, tag: str | None = None, kind: Kind | None = None) -> list[str]:
        """The keys of all entries with this tag and of this kind, in alphabetical order."""
        kinds: list[Kind] = ["table", "dag"] if kind is None else [kind]
        return sorted(key_of(urn) for one in kinds for urn in self._search(ENTITY[one], tag))

    def remove(self, key: str) -> None:
        """Mark the entry as removed."""
        self._graph.soft_delete_entity(urn_of(key))

    def _search(self, entity: str, tag: str | None) -> list[str]:
        import requests

        query: dict[str, Any] = {"input": "*", "entity": entity, "start": 0, "count": 10_000}
        if tag is not None:
            rule = {"field": "tags", "values": [f"urn:li:tag:{tag}"], "condition": "EQUAL"}
            query["filter"] = {"or": [{"and": [rule]}]}
        url = f"{self.server}/entities?action=search"
        answer = requests.post(url, json=query, timeout=10)
        answer.raise_for_status()
        return [one["entity"] for one in answer.json()["value"]["entities"]]

    def _aspects(self, entry: Entry) -> list[Any]:
        from datahub.metadata import schema_classes as schema

        kind = schema.OwnershipTypeClass.TECHNICAL_OWNER
        owner = schema.OwnerClass(f"urn:li:corpGroup:{entry.owner}", kind)
        tags = [schema.TagAssociationClass(f"urn:li:tag:{tag}") for tag in entry.tags]
        aspects: list[Any] = [
            schema.StatusClass(removed=False),
            schema.OwnershipClass([owner]),
            schema.GlobalTagsClass(tags),
        ]
        if entry.kind == "dag":
            return [*aspects, schema.DataFlowInfoClass(entry.name, description=entry.description)]
        fields = [
            schema.SchemaFieldClass(
                column.name,
                schema.SchemaFieldDataTypeClass(_type_of(column.type)),
                nativeDataType=column.type,
            )
            for column in entry.columns
        ]
        platform = f"urn:li:dataPlatform:{PLATFORM['table']}"
        return [
            *aspects,
            schema.DatasetPropertiesClass(name=entry.name, description=entry.description),
            schema.SchemaMetadataClass(
                entry.name, platform, 0, "", schema.OtherSchemaClass(""), fields
            ),
        ]


def urn_of(key: str) -> str:
    """DataHub's name for the entry of a key."""
    kind, _, name = key.partition(":")
    if kind == "dag":
        return f"urn:li:dataFlow:({PLATFORM[kind]},{name},{ENVIRONMENT})"
    return f"urn:li:dataset:(urn:li:dataPlatform:{PLATFORM[kind]},{name},{ENVIRONMENT})"


def key_of(urn: str) -> str:
    """The key of the entry with this name in DataHub."""
    kind = "dag" if urn.startswith("urn:li:dataFlow:") else "table"
    return f"{kind}:{urn.rpartition('(')[2].split(',')[1]}"


def _last(urn: str) -> str:
    return urn.rpartition(":")[2]


def _type_of(native: str) -> Any:
    from datahub.metadata import schema_classes as schema

    kinds: dict[str, Any] = {
        "integer": schema.NumberTypeClass,
        "bigint": schema.NumberTypeClass,
        "numeric": schema.NumberTypeClass,
        "double precision": schema.NumberTypeClass,
        "date": schema.DateTypeClass,
        "timestamp with time zone": schema.DateTypeClass,
        "boolean": schema.BooleanTypeClass,
    }
    return kinds.get(native, schema.StringTypeClass)()
