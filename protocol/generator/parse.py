"""Reads the notation of protocol/schemas (README.md describes it) into the model."""

import pathlib
from typing import Dict, List, Tuple

from model import Api, Field, Message, PRIMITIVES, SchemaFile, Struct
from versions import END, Versions

KINDS = ("header", "data", "metadata", "coordinator-key", "coordinator-value")


class SchemaError(Exception):
    pass


class Parser:
    def __init__(self, path: pathlib.Path):
        self.path = path
        self.line_number = 0
        self.file = SchemaFile(path.stem, [], None, [])
        self.message = None
        self.open: List[Tuple[int, Struct]] = []  # structs that enclose the current line, with their indent

    def fail(self, reason: str):
        raise SchemaError(f"{self.path}:{self.line_number}: {reason}")

    def parse(self) -> SchemaFile:
        for text in self.path.read_text().splitlines():
            self.line_number += 1
            if text.startswith("#") and not self.file.messages and self.file.api is None:
                self.file.comment.append(text[1:].strip())
            text = text.split("#", 1)[0].rstrip()
            if text:
                indent = len(text) - len(text.lstrip(" "))
                words = text.split()
                if indent == 0:
                    self.top_level(words)
                else:
                    self.member(indent, words)
        for message in self.file.messages:
            self.check(message)
        return self.file

    def top_level(self, words: List[str]):
        keyword = words[0]
        if keyword == "api":
            self.api(words)
            return
        if keyword in ("request", "response"):
            api = self.file.api
            if api is None:
                self.fail("request or response outside of an api")
            name, attributes = api.name + keyword.capitalize(), self.pairs(words[1:])
            self.start_message(keyword, name, attributes, api.key)
            setattr(api, keyword, self.message)
            self.message.api = api
            return
        if keyword not in KINDS:
            self.fail(f"unknown keyword {keyword}")
        attributes = self.pairs(words[2:])
        key = int(attributes["key"]) if "key" in attributes else None
        self.start_message(keyword, words[1], attributes, key)

    def pairs(self, words: List[str]) -> Dict[str, str]:
        if len(words) % 2:
            self.fail("attributes come in pairs")
        return dict(zip(words[::2], words[1::2]))

    def api(self, words: List[str]):
        # api Produce key 0 listeners broker kafka 3-13 [unstable]
        unstable = words[-1] == "unstable"
        attributes = self.pairs(words[2:-1] if unstable else words[2:])
        listeners = [] if attributes["listeners"] == "none" else attributes["listeners"].split(",")
        self.file.api = Api(words[1], int(attributes["key"]), listeners, Versions.parse(attributes["kafka"]), unstable)

    def start_message(self, kind: str, name: str, attributes: Dict[str, str], key):
        versions = Versions.parse(attributes["versions"])
        if versions is None or versions.high == END:
            self.fail("the versions of a message are a closed range")
        body = Struct(name)
        self.message = Message(kind, name, versions, Versions.parse(attributes["flexible"]), key, body,
                               line=self.line_number)
        self.file.messages.append(self.message)
        self.open = [(0, body)]

    def member(self, indent: int, words: List[str]):
        if self.message is None:
            self.fail("a field outside of a message")
        while self.open[-1][0] >= indent:
            self.open.pop()
        if words[0] == "struct":
            self.declare(Struct(words[1], common=True, versions=Versions.parse(words[2])), indent)
            return
        field = self.field(words)
        if self.open[-1][1] is None:
            self.fail("a field below one that has no fields")
        self.open[-1][1].fields.append(field)
        if field.is_struct and field.type not in self.message.structs:
            self.pending(field, indent)
        else:
            self.open.append((indent, None))

    def pending(self, field: Field, indent: int):
        """A struct named for the first time: what is indented below it are its fields."""
        self.declare(Struct(field.type), indent)

    def declare(self, struct: Struct, indent: int):
        known = self.message.structs.get(struct.name)
        if known is not None:
            if known.fields or not struct.common:
                self.fail(f"{struct.name} is declared twice")
            known.common, known.versions = True, struct.versions
            struct = known
        self.message.structs[struct.name] = struct
        self.open.append((indent, struct))

    def field(self, words: List[str]) -> Field:
        name, kind = words[0], words[1]
        is_array = kind.startswith("[")
        field = Field(name, kind.strip("[]"), is_array, Versions.parse(words[2]))
        rest = words[3:]
        while rest:
            word = rest.pop(0)
            if word == "nullable":
                field.nullable = Versions.parse(rest.pop(0))
            elif word == "default":
                field.default = rest.pop(0)
            elif word == "tag":
                field.tag = int(rest.pop(0))
            elif word == "entity":
                field.entity = rest.pop(0)
            elif word == "ignorable":
                field.ignorable = True
            elif word == "key":
                field.map_key = True
            elif word == "plain":
                field.plain = True
            else:
                self.fail(f"unknown attribute {word}")
        return field

    def check(self, message: Message):
        self.line_number = message.line
        for struct in [message.body, *message.structs.values()]:
            if not struct.fields and struct is not message.body:
                self.fail(f"{message.name}: {struct.name} has no fields")
            tags = sorted(field.tag for field in struct.fields if field.tag is not None)
            if tags != list(range(len(tags))):
                self.fail(f"{message.name}: the tags of {struct.name} are not 0, 1, 2, ...")
            for field in struct.fields:
                if field.type not in PRIMITIVES and field.type not in message.structs:
                    self.fail(f"{message.name}: unknown type {field.type}")
                if field.type == "records" and (field.is_array or field.tag is not None):
                    self.fail(f"{message.name}: records stand alone and have no tag")


def parse_directory(directory: pathlib.Path) -> List[SchemaFile]:
    return [Parser(path).parse() for path in sorted(directory.glob("*.schema"))]
