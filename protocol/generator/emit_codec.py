"""The codec of the messages of one schema file: straight-line code that asks for the version as it goes."""

import re
from typing import Iterator, List

from cpp import (BANNER, compact, condition, differs_from_default, flexible,
                 min_element_size, nested_in_order, present, scope)
from model import Field, Message, SCALARS, SchemaFile, Struct
from names import header_stem, snake

_METHOD = {"bool": "boolean", "float64": "float64"}


def method(field: Field) -> str:
    return _METHOD.get(field.type, field.type)


def guarded(guard: str, lines: List[str], indent: str) -> Iterator[str]:
    if guard == "true":
        yield from (indent + line for line in lines)
    elif len(lines) == 1:
        yield f"{indent}if ({guard}) {lines[0]}"
    else:
        yield f"{indent}if ({guard}) {{"
        yield from (indent + "  " + line for line in lines)
        yield indent + "}"


class Codec:
    """Of one struct of a message."""

    def __init__(self, message: Message, struct: Struct):
        self.message = message
        self.struct = struct
        self.fields = [field for field in present(message, struct) if field.tag is None]
        self.tagged = sorted((field for field in present(message, struct) if field.tag is not None),
                             key=lambda field: field.tag)
        self.is_body = struct is message.body
        self.versions = scope(message, struct)
        self.flexible = flexible(message, struct)
        self.scope = message.name if self.is_body else f"{message.name}::{struct.name}"

    def has(self, field: Field) -> str:
        return condition(field.versions, self.versions)

    def nullable(self, field: Field) -> str:
        return condition(field.nullable, field.versions.clip(self.versions))

    # -- reading

    def read_value(self, field: Field, nullable: bool) -> List[str]:
        name, form = snake(field.name), compact(self.message, self.struct, field)
        target = f"fresh({name})" if field.optional and not nullable else name
        if field.is_array:
            size = min_element_size(self.message, self.struct, field)
            if field.is_struct:
                return [f"read_structs(reader, {form}, {size}, wire_version, {target});"]
            return [f"read_array(reader, {form}, {size}, {target});"]
        if field.is_struct:
            if not nullable:
                return [f"{target}.decode(reader, wire_version);"]
            is_null = "reader.unsigned_varint() == 0" if field.tag is not None else "reader.int8() < 0"
            return [f"if ({is_null})", f"  {name}.reset();", "else",
                    f"  fresh({name}).decode(reader, wire_version);"]
        if field.type in SCALARS:
            return [f"{name} = reader.{method(field)}();"]
        prefix = "nullable_" if nullable else ""
        return [f"{name} = reader.{prefix}{method(field)}({form});"]

    def read(self, field: Field) -> List[str]:
        if field.type == "records":
            form = compact(self.message, self.struct, field)
            return [f"{snake(field.name)} = reader.records({form}, {self.nullable(field)});"]
        nullable = self.nullable(field)
        if nullable in ("true", "false"):
            return self.read_value(field, nullable == "true")
        return ([f"if ({nullable}) {{"] + ["  " + line for line in self.read_value(field, True)] + ["} else {"]
                + ["  " + line for line in self.read_value(field, False)] + ["}"])

    def read_tags(self) -> Iterator[str]:
        if not self.tagged:
            yield "reader.skip_tagged_fields();"
            return
        yield "for (TaggedFields tags(reader); tags.next();) {"
        yield "  switch (tags.number()) {"
        for field in self.tagged:
            known = condition(field.versions, self.message.flexible.clip(self.versions))
            yield f"    case {field.tag}:"
            if known != "true":
                yield f"      if (!({known})) {{"
                yield f'        reader.fail("{self.label(field)} is a tag of other versions");'
                yield "        break;"
                yield "      }"
            yield from ("      " + line for line in self.read(field))
            yield "      break;"
        yield "    default:"
        yield "      tags.skip();"
        yield "  }"
        yield "}"

    def decode(self) -> str:
        body: List[str] = []
        if self.is_body:
            body += [f"  if (wire_version < kMinVersion || wire_version > kMaxVersion) {{",
                     f'    reader.fail("{self.message.name} has no such version");', "    return false;", "  }",
                     f"  *this = {self.message.name}();"]
        inner: List[str] = []
        for field in self.fields:
            inner += guarded(self.has(field), self.read(field), "  ")
        if self.flexible != "false":
            inner += guarded("flexible" if self.flexible != "true" else "true", list(self.read_tags()), "  ")
        return self.function(f"bool {self.scope}::decode(Reader& reader, std::int16_t wire_version)", body, inner,
                             ["  return !reader.failed();"])

    # -- writing

    def label(self, field: Field) -> str:
        return f"{self.scope.replace('::', '.')}.{field.name}"

    def write_value(self, field: Field) -> List[str]:
        name, form = snake(field.name), compact(self.message, self.struct, field)
        if field.is_array:
            if field.is_struct:
                return [f"write_structs(writer, {form}, wire_version, {name});"]
            return [f"write_array(writer, {form}, {name});"]
        if field.is_struct:
            if not field.optional:
                return [f"{name}.encode(writer, wire_version);"]
            sign = ("unsigned_varint", "0", "1") if field.tag is not None else ("int8", "-1", "1")
            if self.nullable(field) == "false":
                return [f"if ({name}) {name}->encode(writer, wire_version);"]
            put = [f"writer.{sign[0]}({name} ? {sign[2]} : {sign[1]});"]
            return [*guarded(self.nullable(field), put, ""), f"if ({name}) {name}->encode(writer, wire_version);"]
        if field.type == "records":
            return [f"writer.records({name}, {form});"]
        if field.type in SCALARS:
            return [f"writer.{method(field)}({name});"]
        prefix = "nullable_" if field.optional else ""
        return [f"writer.{prefix}{method(field)}({name}, {form});"]

    def write(self, field: Field) -> List[str]:
        lines: List[str] = []
        nullable = self.nullable(field)
        if field.optional and nullable != "true":
            guard = "" if nullable == "false" else f" && !({nullable})"
            lines.append(f'if (!{snake(field.name)}{guard}) writer.unsupported("{self.label(field)}", wire_version);')
        return lines + self.write_value(field)

    def write_or_refuse(self, field: Field) -> Iterator[str]:
        """A value that the version cannot carry is refused, unless the field may be ignored."""
        has = self.has(field)
        lines = self.write(field)
        if has == "true" or field.ignorable:
            yield from guarded(has, lines, "  ")
            return
        yield f"  if ({has}) {{"
        yield from ("    " + line for line in lines)
        yield f"  }} else if ({differs_from_default(field)}) {{"
        yield f'    writer.unsupported("{self.label(field)}", wire_version);'
        yield "  }"

    def write_tags(self) -> Iterator[str]:
        if not self.tagged:
            yield "writer.unsigned_varint(0);"
            return
        flexible_versions = self.message.flexible.clip(self.versions)
        for field in self.tagged:
            known = condition(field.versions, flexible_versions)
            differs = differs_from_default(field)
            yield f"const bool has_{snake(field.name)} = {differs if known == 'true' else f'{known} && {differs}'};"
        total = " + ".join(f"(has_{snake(field.name)} ? 1u : 0u)" for field in self.tagged)
        yield f"writer.unsigned_varint({total});"
        for field in self.tagged:
            yield f"if (has_{snake(field.name)}) {{"
            yield f"  const std::size_t mark = writer.begin_tag({field.tag});"
            yield from ("  " + line for line in self.write(field))
            yield "  writer.end_tag(mark);"
            yield "}"

    def refuse_tags(self) -> Iterator[str]:
        for field in self.tagged:
            has = self.has(field)
            if has != "true" and not field.ignorable:
                yield f"  if (!({has}) && {differs_from_default(field)})"
                yield f'    writer.unsupported("{self.label(field)}", wire_version);'

    def encode(self) -> str:
        body: List[str] = []
        if self.is_body:
            body += [f"  if (wire_version < kMinVersion || wire_version > kMaxVersion) {{",
                     f'    writer.unsupported("{self.message.name}", wire_version);', "    return;", "  }"]
        inner: List[str] = []
        for field in self.fields:
            inner += self.write_or_refuse(field)
        inner += self.refuse_tags()
        if self.flexible != "false":
            inner += guarded("flexible" if self.flexible != "true" else "true", list(self.write_tags()), "  ")
        signature = f"void {self.scope}::encode(Writer& writer, std::int16_t wire_version) const"
        return self.function(signature, body, inner, [])

    def function(self, signature: str, head: List[str], inner: List[str], tail: List[str]) -> str:
        text = "\n".join(inner)
        if re.search(r"\bflexible\b", text):
            head = head + [f"  const bool flexible = {self.flexible};"]
        everything = "\n".join(head + inner + tail)
        for kind, name in (("std::int16_t", "wire_version"), ("Reader&", "reader"), ("Writer&", "writer")):
            if not re.search(rf"\b{name}\b", everything):
                signature = signature.replace(f"{kind} {name}", kind)
        return signature + " {\n" + everything + "\n}\n"


def source(file: SchemaFile) -> str:
    parts = [BANNER.format(stem=file.stem)]
    parts += [f'#include "protocol/messages/{header_stem(message.name)}.h"\n' for message in file.messages]
    parts += ['\n#include "protocol/wire/array.h"\n', "\nnamespace barnabas::protocol {\n"]
    for message in file.messages:
        for struct in [*nested_in_order(message), message.body]:
            codec = Codec(message, struct)
            parts += ["\n", codec.decode(), "\n", codec.encode()]
    parts.append("\n}  // namespace barnabas::protocol\n")
    return "".join(parts)
