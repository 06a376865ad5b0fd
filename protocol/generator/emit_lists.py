"""What is said about all APIs at once: the keys and the list."""

from typing import List

from model import Api
from names import constant

NOTE = "// Made from protocol/schemas by protocol/generator; changes here are lost.\n"


def api_key_header(apis: List[Api]) -> str:
    lines = [NOTE + "#pragma once", "", "#include <cstdint>", "#include <string_view>", "",
             "namespace barnabas::protocol {", "", "enum class ApiKey : std::int16_t {"]
    lines += [f"  {constant(api.name)} = {api.key}," for api in apis]
    lines += ["};", "", "// As Kafka writes it; empty for a key that is none of the above.",
              "std::string_view api_name(ApiKey key);", "", "}  // namespace barnabas::protocol", ""]
    return "\n".join(lines)


LIST_HEAD = """#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/api_key.h"

namespace barnabas::protocol {

struct ApiInfo {
  ApiKey key;
  std::string_view name;
  std::int16_t min_version;  // what our codec reads and writes, versions that Kafka 4 removed included
  std::int16_t max_version;
  std::int16_t kafka_min_version;  // what Kafka 4.3.1 serves
  std::int16_t kafka_max_version;
  bool kafka_hides_last;  // unless unstable.api.versions.enable is set
  std::int16_t first_flexible_version;  // 32767: none
  bool on_broker;      // Kafka serves it on brokers' listeners
  bool on_controller;  // and on controllers' listeners

  bool knows(std::int16_t version) const { return version >= min_version && version <= max_version; }
};

// nullptr for a key that is not in the list.
const ApiInfo* find_api(std::int16_t key);

"""


def api_list_header(apis: List[Api]) -> str:
    rows = []
    for api in apis:
        request = api.request
        if request.first_flexible != api.response.first_flexible or request.versions != api.response.versions:
            raise ValueError(f"{api.name}: request and response differ in their versions")
        flags = ["true" if api.unstable else "false", str(request.first_flexible),
                 "true" if "broker" in api.listeners else "false",
                 "true" if "controller" in api.listeners else "false"]
        rows.append(f'    {{ApiKey::{constant(api.name)}, "{api.name}", {request.versions.low}, '
                    f'{request.versions.high}, {api.kafka.low}, {api.kafka.high}, {", ".join(flags)}}},')
    return (NOTE + LIST_HEAD + f"// In the order of their keys.\ninline constexpr std::array<ApiInfo, {len(apis)}> "
            + "kApis{{\n" + "\n".join(rows) + "\n}};\n\n}  // namespace barnabas::protocol\n")


def api_list_source(apis: List[Api]) -> str:
    last = apis[-1].key
    index = {api.key: position for position, api in enumerate(apis)}
    table = ", ".join(str(index.get(key, -1)) for key in range(last + 1))
    return (NOTE + f"""#include "protocol/api_list.h"

namespace barnabas::protocol {{

namespace {{
constexpr std::array<std::int8_t, {last + 1}> kPositions{{{table}}};
}}

const ApiInfo* find_api(std::int16_t key) {{
  if (key < 0 || key > {last}) return nullptr;
  const std::int8_t position = kPositions[static_cast<std::size_t>(key)];
  return position < 0 ? nullptr : &kApis[static_cast<std::size_t>(position)];
}}

std::string_view api_name(ApiKey key) {{
  const ApiInfo* const api = find_api(static_cast<std::int16_t>(key));
  return api ? api->name : std::string_view();
}}

}}  // namespace barnabas::protocol
""")
