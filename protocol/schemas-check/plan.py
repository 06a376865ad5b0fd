"""Which messages Kafka's classes are asked for: plan.py [--all] JAR...

A line per message and version, as RandomMessages.java reads them. Each jar gives the versions that its own
definitions call valid and finished; with --all those that it hides as unfinished, too.
"""

import pathlib
import sys
import zipfile

import kafka_json
from versions import Versions, contains


# What 3.9 called by another name, with the same key and bytes.
RENAMED = {"ListClientMetricsResources": "ListConfigResources"}


def present_name(name: str) -> str:
    for before, now in RENAMED.items():
        name = name.replace(before, now)
    return name


def class_names(jar: pathlib.Path) -> dict:
    with zipfile.ZipFile(jar) as archive:
        names = [name[:-len(".class")] for name in archive.namelist()
                 if name.endswith(".class") and "$" not in name]
    # The generated ones win over others of the same name.
    ranked = sorted(names, key=lambda name: "/message/" in name or "/generated/" in name or "/metadata/" in name)
    return {name.rsplit("/", 1)[-1]: name.replace("/", ".") for name in ranked}


def records_nullable(made, version: int) -> bool:
    fields = [field for struct in [made.body, *made.structs.values()] for field in struct.fields
              if field.type == "records"]
    return all(contains(field.nullable, version) for field in fields)


def lines(jar: pathlib.Path):
    kind = next(name for name in kafka_json.JARS if jar.name.startswith(name + "-"))
    classes, sources = class_names(jar), kafka_json.definitions(jar, kafka_json.JARS[kind])
    for stem, source in sorted(sources.items()):
        left_with_zookeeper = kind == "kafka-clients" and source.get("apiKey") in (4, 5, 6, 7)
        if source["validVersions"] == "none" or left_with_zookeeper:
            continue
        versions = (Versions.parse(source["validVersions"]) if "--all" in sys.argv
                    else kafka_json.stable_versions(sources, stem))
        if versions is None:
            continue
        made = kafka_json.message(source)
        suffix = "Data" if made.kind in ("request", "response", "header") else ""
        for version in range(versions.low, versions.high + 1):
            nullable = int(records_nullable(made, version))
            yield f"{classes[made.name + suffix]} {present_name(made.name)} {version} {nullable}"


for argument in sys.argv[1:]:
    if argument != "--all":
        print("\n".join(lines(pathlib.Path(argument))))
