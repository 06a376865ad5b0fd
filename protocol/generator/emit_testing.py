"""For tests: what fills every message, and the list of them all."""

from typing import Iterator, List

from cpp import BANNER, condition, nested_in_order, present, scope
from emit_codec import guarded
from model import Field, Message, SchemaFile, Struct
from names import header_stem, snake


def fill_value(field: Field, target: str) -> str:
    if field.is_array:
        return f"filler.structs({target}, wire_version);" if field.is_struct else f"filler.array({target});"
    return f"fill_struct(filler, {target}, wire_version);" if field.is_struct else f"filler({target});"


def fill_lines(message: Message, struct: Struct) -> Iterator[str]:
    within = scope(message, struct)
    for field in present(message, struct):
        name = f"to.{snake(field.name)}"
        lines = [fill_value(field, name)]
        if field.optional:
            nullable = condition(field.nullable, field.versions.clip(within))
            lines = [f"if (filler.null({nullable}))", f"  {name}.reset();", "else",
                     "  " + fill_value(field, f"fresh({name})")]
        yield from guarded(condition(field.versions, within), lines, "  ")


def fill_function(message: Message, struct: Struct) -> str:
    name = message.name if struct is message.body else f"{message.name}::{struct.name}"
    body = "\n".join(fill_lines(message, struct))
    unused = [f"[[maybe_unused]] testing::Filler& filler", f"[[maybe_unused]] {name}& to",
              "[[maybe_unused]] std::int16_t wire_version"]
    return f"static void fill_struct({', '.join(unused)}) {{\n{body}\n}}\n"


def source(file: SchemaFile) -> str:
    parts = [BANNER.format(stem=file.stem), '#include "protocol/testing/any_message.h"\n']
    parts += [f'#include "protocol/messages/{header_stem(message.name)}.h"\n' for message in file.messages]
    parts.append("\nnamespace barnabas::protocol {\n\n")
    for message in file.messages:
        parts += [fill_function(message, struct) + "\n" for struct in [*nested_in_order(message), message.body]]
    parts.append(f"namespace testing {{\nvoid add_{file.stem}(std::vector<MessageType>& to) {{\n")
    parts += [f"  to.push_back(message_type<{message.name}>());\n" for message in file.messages]
    parts.append("}\n}  // namespace testing\n\n}  // namespace barnabas::protocol\n")
    return "".join(parts)


def registry(files: List[SchemaFile]) -> str:
    declarations = "\n".join(f"void add_{file.stem}(std::vector<MessageType>& to);" for file in files)
    calls = "\n".join(f"    add_{file.stem}(types);" for file in files)
    return f"""// Made from protocol/schemas by protocol/generator; changes here are lost.
#include "protocol/testing/any_message.h"

namespace barnabas::protocol::testing {{

{declarations}

const std::vector<MessageType>& all_messages() {{
  static const std::vector<MessageType> all = [] {{
    std::vector<MessageType> types;
{calls}
    return types;
  }}();
  return all;
}}

const MessageType* find_message(std::string_view name) {{
  for (const MessageType& type : all_messages())
    if (type.name == name) return &type;
  return nullptr;
}}

}}  // namespace barnabas::protocol::testing
"""
