"""Kafka's error codes, from protocol/schemas/errors.table."""

import json
import pathlib
import re
from dataclasses import dataclass
from typing import List

_LINE = re.compile(r"(-?\d+) ([A-Z0-9_]+) (final|retriable): (\S.*)")
NOTE = "// Made from protocol/schemas/errors.table by protocol/generator; changes here are lost.\n"


@dataclass
class Error:
    code: int
    name: str
    retriable: bool
    text: str

    @property
    def constant(self) -> str:
        return "k" + "".join(word.capitalize() for word in self.name.split("_"))


def parse_errors(path: pathlib.Path) -> List[Error]:
    errors = []
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{path}: not an error: {line}")
        errors.append(Error(int(match[1]), match[2], match[3] == "retriable", match[4]))
    if [error.code for error in errors] != list(range(-1, len(errors) - 1)):
        raise ValueError(f"{path}: the codes do not count up from -1")
    return errors


def header(errors: List[Error]) -> str:
    rows = "\n".join(f"  {error.constant} = {error.code}," for error in errors)
    return NOTE + f"""#pragma once

#include <cstdint>
#include <string_view>

namespace barnabas::protocol {{

enum class ErrorCode : std::int16_t {{
{rows}
}};

inline constexpr std::int16_t kLastErrorCode = {errors[-1].code};

// As the field of an answer.
constexpr std::int16_t wire(ErrorCode error) {{ return static_cast<std::int16_t>(error); }}
// What a peer sent; kUnknownServerError for a code that we do not know, as Kafka's clients have it.
ErrorCode error_from_wire(std::int16_t code);

// Kafka's name, such as "OFFSET_OUT_OF_RANGE".
std::string_view error_name(ErrorCode error);
// A sentence for people.
std::string_view error_message(ErrorCode error);
// Whether a client may send the same request again.
bool is_retriable(ErrorCode error);

}}  // namespace barnabas::protocol
"""


def source(errors: List[Error]) -> str:
    rows = "\n".join(f'    {{"{error.name}", {json.dumps(error.text)}, {str(error.retriable).lower()}}},'
                     for error in errors)
    return NOTE + f"""#include "protocol/error_code.h"

#include <array>

namespace barnabas::protocol {{

namespace {{

struct Row {{
  std::string_view name;
  std::string_view message;
  bool retriable;
}};

// From code -1 on.
constexpr std::array<Row, {len(errors)}> kRows{{{{
{rows}
}}}};

const Row& row(ErrorCode error) {{
  const int position = wire(error) + 1;
  return kRows[position < 0 || position > kLastErrorCode + 1 ? 0 : static_cast<std::size_t>(position)];
}}

}}  // namespace

ErrorCode error_from_wire(std::int16_t code) {{
  return code < -1 || code > kLastErrorCode ? ErrorCode::kUnknownServerError : static_cast<ErrorCode>(code);
}}

std::string_view error_name(ErrorCode error) {{ return row(error).name; }}
std::string_view error_message(ErrorCode error) {{ return row(error).message; }}
bool is_retriable(ErrorCode error) {{ return row(error).retriable; }}

}}  // namespace barnabas::protocol
"""
