"""Message definitions inside Kafka's jars, as the model that our own schemas are parsed into.

Only facts are read: names, types, versions, tags, defaults, nullability, listeners and what an id means.
"""

import json
import pathlib
import re
import sys
import zipfile
from typing import Dict, List, Optional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "generator"))

from model import Api, Field, Message, PRIMITIVES, SCALARS, SchemaFile, Struct  # noqa: E402
from versions import Versions  # noqa: E402

# jar -> folder of its definitions
JARS = {
    "kafka-clients": "common/message/",
    "kafka-metadata": "common/metadata/",
    "kafka-group-coordinator": "common/message/",
    "kafka-transaction-coordinator": "common/message/",
    "kafka-share-coordinator": "common/message/",
}

_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*')


def definitions(jar: pathlib.Path, folder: str) -> Dict[str, dict]:
    found = {}
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            if name.startswith(folder) and name.endswith(".json"):
                text = _COMMENT.sub(lambda match: match.group(1) or "", archive.read(name).decode())
                found[pathlib.PurePath(name).stem] = json.loads(text)
    return found


def optional_versions(value: Optional[str]) -> Optional[Versions]:
    return None if value is None else Versions.parse(value)


def default(value, kind: str, is_array: bool) -> Optional[str]:
    """The literal, or None where it is the type's zero. The null of JSON is no default to Kafka, the text "null" is."""
    if value is None:
        return None
    text = str(value)
    if text == "null":
        return "null"
    if is_array or kind not in SCALARS:
        return text or None
    if kind == "bool":
        return "true" if text.lower() == "true" else None
    if kind in ("float64", "uuid"):
        return text
    number = int(text, 0)
    return str(number) if number else None


def field(source: dict, structs: Dict[str, Struct]) -> Field:
    is_array = source["type"].startswith("[]")
    kind = source["type"][2:] if is_array else source["type"]
    tagged = optional_versions(source.get("taggedVersions"))
    versions = optional_versions(source.get("versions")) or tagged  # a tagged field may leave the former out
    if tagged is not None and (tagged.low > versions.low or tagged.high != versions.high):
        raise ValueError(f"{source['name']}: tagged in some of its versions only")
    if kind not in PRIMITIVES and "fields" in source:
        structs[kind] = Struct(kind)
        structs[kind].fields = [field(each, structs) for each in source["fields"]]
    return Field(
        name=source["name"], type=kind, is_array=is_array, versions=versions,
        nullable=optional_versions(source.get("nullableVersions")),
        default=default(source.get("default"), kind, is_array),
        ignorable=bool(source.get("ignorable", False)), map_key=bool(source.get("mapKey", False)),
        tag=None if tagged is None else int(source["tag"]), entity=source.get("entityType"),
        plain=source.get("flexibleVersions") == "none")


def message(source: dict) -> Message:
    versions = Versions.parse(source["validVersions"])
    made = Message(source["type"], source["name"], versions, optional_versions(source.get("flexibleVersions")),
                   source.get("apiKey"), Struct(source["name"]))
    for common in source.get("commonStructs", []):
        struct = made.structs[common["name"]] = Struct(common["name"], common=True,
                                                       versions=Versions.parse(common["versions"]))
        struct.fields = [field(each, made.structs) for each in common["fields"]]
    made.body.fields = [field(each, made.structs) for each in source.get("fields", [])]
    return made


def stable_versions(sources: Dict[str, dict], name: str) -> Optional[Versions]:
    """Without a last version that was hidden as unfinished; only requests are marked so."""
    versions = Versions.parse(sources[name]["validVersions"])
    request = name[:-len("Response")] + "Request" if name.endswith("Response") else name
    if versions is not None and sources[request].get("latestVersionUnstable"):
        return Versions(versions.low, versions.high - 1) if versions.high > versions.low else None
    return versions


def merge(new: Message, old: Message, removed: Versions):
    """Adds to `new` what `old` had in the versions `removed`, which lie below all of new's."""
    new.versions = Versions(removed.low, new.versions.high)
    for name in list(old.structs):
        if name not in new.structs and used(old, name, removed):
            new.structs[name] = Struct(name, [], old.structs[name].common, old.structs[name].versions)
    for mine, theirs in [(new.body, old.body)] + [(new.structs[name], old.structs[name])
                                                  for name in old.structs if name in new.structs]:
        merge_fields(mine, theirs, removed)


def used(message_: Message, struct_name: str, versions: Versions) -> bool:
    return any(each.type == struct_name and each.versions.clip(versions)
               for struct in [message_.body, *message_.structs.values()] for each in struct.fields)


def merge_fields(mine: Struct, theirs: Struct, removed: Versions):
    known = {each.name: each for each in mine.fields}
    position = 0
    for each in theirs.fields:
        if each.name in known:
            position = mine.fields.index(known[each.name]) + 1
            same = known[each.name]
            if same.versions.clip(removed) != each.versions.clip(removed) or same.type != each.type:
                raise ValueError(f"{mine.name}.{each.name} was another field in {removed}")
            if not each.versions.clip(removed) or each.versions.clip(removed) != removed:
                # The lower versions lack the field: whether that may go unnoticed is for them to say.
                same.ignorable = same.ignorable or each.ignorable
        elif each.versions.clip(removed):
            mine.fields.insert(position, each)
            position += 1


def all_messages(new_jars: Dict[str, pathlib.Path], old_clients: pathlib.Path) -> List[SchemaFile]:
    """Every message of Kafka, with the versions that only the older clients jar still knows."""
    old = definitions(old_clients, JARS["kafka-clients"])
    apis: Dict[int, Api] = {}
    loose: List[Message] = []
    for jar, folder in JARS.items():
        for name, source in sorted(definitions(new_jars[jar], folder).items()):
            if source["validVersions"] == "none":
                continue  # removed in 4.0
            made = message(source)
            before = stable_versions(old, name) if jar == "kafka-clients" and name in old else None
            if before is not None and before.low < made.versions.low:
                merge(made, message(old[name]), Versions(before.low, min(before.high, made.versions.low - 1)))
            if made.kind not in ("request", "response"):
                loose.append(made)
                continue
            api = apis.setdefault(made.key, Api(name[:-len(made.kind)], made.key, [], None, False))
            setattr(api, made.kind, made)
            made.api = api
            if made.kind == "request":
                api.listeners = source.get("listeners", [])
                api.kafka = Versions.parse(source["validVersions"])
                api.unstable = bool(source.get("latestVersionUnstable", False))
    files = [SchemaFile(stem_of_api(api), [], api, [api.request, api.response]) for api in apis.values()]
    return files + [SchemaFile(stem, [], None, group) for stem, group in grouped(loose)]


def stem_of_api(api: Api) -> str:
    from names import snake
    return snake(api.name)


def grouped(messages: List[Message]):
    groups: Dict[str, List[Message]] = {}
    for each in messages:
        groups.setdefault(file_of(each), []).append(each)
    return sorted(groups.items())


def file_of(made: Message) -> str:
    if made.kind == "metadata":
        return "metadata_records"
    if made.kind == "header":
        return "headers"
    if made.kind == "data":
        return "consumer_protocol" if made.name.startswith("ConsumerProtocol") else (
            "principal" if "Principal" in made.name else "control_records")
    for prefix, stem in (("ConsumerGroup", "consumer_group_records"), ("ShareGroup", "share_group_records"),
                         ("StreamsGroup", "streams_group_records"), ("TransactionLog", "transaction_records"),
                         ("Share", "share_state_records")):
        if made.name.startswith(prefix):
            return stem
    return "classic_group_records"
