"""Writes protocol/schemas from Kafka's jars: extract.py OUT NEW_LIBS OLD_CLIENTS_JAR.

Run by hand when Kafka's protocol moves. The comments above the messages in OUT are ours and stay.
"""

import pathlib
import sys

import kafka_json
from model import Field, Message, SchemaFile, Struct
from versions import show


def field_line(field: Field, indent: int) -> str:
    kind = f"[{field.type}]" if field.is_array else field.type
    words = [field.name, kind, str(field.versions)]
    if field.tag is not None:
        words += ["tag", str(field.tag)]
    if field.nullable is not None:
        words += ["nullable", str(field.nullable)]
    if field.default is not None:
        words += ["default", field.default]
    if field.map_key:
        words.append("key")
    if field.ignorable:
        words.append("ignorable")
    if field.plain:
        words.append("plain")
    if field.entity:
        words += ["entity", field.entity]
    return " " * indent + " ".join(words)


def struct_lines(struct: Struct, message: Message, indent: int, shown: set):
    for field in struct.fields:
        yield field_line(field, indent)
        if field.is_struct and not message.structs[field.type].common and field.type not in shown:
            shown.add(field.type)
            yield from struct_lines(message.structs[field.type], message, indent + 2, shown)


def message_lines(message: Message):
    head = message.kind
    if message.api is None:
        head += f" {message.name}" + (f" key {message.key}" if message.key is not None else "")
    yield f"{head} versions {message.versions} flexible {show(message.flexible)}"
    shown = set()
    yield from struct_lines(message.body, message, 2, shown)
    for struct in [each for each in message.structs.values() if each.common]:
        yield f"  struct {struct.name} {struct.versions}"
        yield from struct_lines(struct, message, 4, shown)


def comments(path: pathlib.Path) -> dict:
    """First word and name of a top level line -> the comment lines above it."""
    found, pending = {}, []
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("#"):
            pending.append(line)
        elif line and not line.startswith(" "):
            found[" ".join(line.split()[:2])] = pending
            pending = []
    return found


def text(file: SchemaFile, notes: dict) -> str:
    lines = []
    if file.api:
        api = file.api
        lines += notes.get(f"api {api.name}", [])
        lines.append(f"api {api.name} key {api.key} listeners {','.join(api.listeners) or 'none'}"
                     f" kafka {api.kafka}" + (" unstable" if api.unstable else ""))
    for message in file.messages:
        body = list(message_lines(message))
        lines += ([""] if lines else []) + notes.get(" ".join(body[0].split()[:2]), []) + body
    return "\n".join(lines) + "\n"


def main():
    out, libs, old = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    jars = {jar: next(libs.glob(f"{jar}-[0-9]*.jar")) for jar in kafka_json.JARS}
    for file in kafka_json.all_messages(jars, old):
        path = out / f"{file.stem}.schema"
        path.write_text(text(file, comments(path)))


main()
