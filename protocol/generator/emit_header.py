"""The header of a message: its structs and what is known about its versions."""

from typing import Iterator, List

from cpp import BANNER, initializer, member_type, nested_in_order, present
from model import Message, SchemaFile, Struct
from names import constant, snake


def includes(message: Message) -> List[str]:
    fields = [field for struct in [message.body, *nested_in_order(message)] for field in present(message, struct)]
    found = {"<cstdint>", "<string_view>"}
    if any(field.optional for field in fields):
        found.add("<optional>")
    if any(field.type == "string" for field in fields):
        found.add("<string>")
    if any(field.is_array for field in fields):
        found.add("<vector>")
    own = set()
    if any(field.type == "bytes" for field in fields):
        own.add('"common/bytes.h"')
    if any(field.type == "records" for field in fields):
        own.add('"common/payload.h"')
    if any(field.type == "uuid" for field in fields):
        own.add('"common/uuid.h"')
    if message.api:
        own.add('"protocol/api_key.h"')
    lines = [f"#include {each}" for each in sorted(found)]
    return lines + ([""] + [f"#include {each}" for each in sorted(own)] if own else [])


def has_errors(message: Message, struct: Struct) -> bool:
    """Whether an error code stands in the struct or in one below it."""
    return any(field.name == "ErrorCode" or field.is_struct and has_errors(message, message.structs[field.type])
               for field in present(message, struct))


def error_walk(message: Message, struct: Struct, indent: str) -> Iterator[str]:
    """A walk over the error codes of a response, for those who count them."""
    if message.kind != "response" or not has_errors(message, struct):
        return
    yield ""
    yield f"{indent}// Calls visit(code) for every error code in here, 0 (NONE) too."
    yield f"{indent}template <class Visit>"
    yield f"{indent}void for_each_error(Visit&& visit) const {{"
    for field in present(message, struct):
        name = snake(field.name)
        if field.name == "ErrorCode":
            yield f"{indent}  visit({name});"
        elif field.is_struct and has_errors(message, message.structs[field.type]):
            inner = f"(*{name})" if field.optional else name
            one = f"for (const auto& each : {inner}) each" if field.is_array else inner
            yield f"{indent}  " + (f"if ({name}) " if field.optional else "") + f"{one}.for_each_error(visit);"
    yield f"{indent}}}"


def struct_lines(message: Message, struct: Struct, indent: str, result: str) -> Iterator[str]:
    yield f"{indent}{struct.name}() = default;"
    for field in present(message, struct):
        yield f"{indent}{member_type(field)} {snake(field.name)}{initializer(field)};"
    yield ""
    yield f"{indent}{result} decode(Reader& reader, std::int16_t wire_version);"
    yield f"{indent}void encode(Writer& writer, std::int16_t wire_version) const;"
    yield f"{indent}bool operator==(const {struct.name}&) const = default;"
    yield from error_walk(message, struct, indent)


def constants(message: Message) -> Iterator[str]:
    yield f'  static constexpr std::string_view kName = "{message.name}";'
    if message.api:
        yield f"  static constexpr ApiKey kApiKey = ApiKey::{constant(message.api.name)};"
    elif message.key is not None:
        yield f"  static constexpr std::int16_t kRecordType = {message.key};"
    yield f"  static constexpr std::int16_t kMinVersion = {message.versions.low};"
    yield f"  static constexpr std::int16_t kMaxVersion = {message.versions.high};"
    note = "  // none is" if message.first_flexible > message.versions.high else ""
    yield f"  static constexpr std::int16_t kFirstFlexibleVersion = {message.first_flexible};{note}"


def header(file: SchemaFile, message: Message) -> str:
    lines = [BANNER.format(stem=file.stem) + "#pragma once", "", *includes(message), "",
             "namespace barnabas::protocol {", "", "class Reader;", "class Writer;", "",
             f"struct {message.name} {{", *constants(message), ""]
    for struct in nested_in_order(message):
        lines += [f"  struct {struct.name} {{", *struct_lines(message, struct, "    ", "bool"), "  };", ""]
    lines += [*struct_lines(message, message.body, "  ", "bool"), "};", "", "}  // namespace barnabas::protocol", ""]
    return "\n".join(lines)
