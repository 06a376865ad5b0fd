// "group:topic id:partition", as requests name a share partition and as the partition of its state follows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/share/persister.h"

namespace barnabas::broker::share {

std::string key_text(const SharePartitionKey& key);
// Read from the right: a group's name may have colons of its own. nullopt if a part is missing, the group is
// blank, the id is none or the partition no number.
std::optional<SharePartitionKey> parse_key(std::string_view text);

}  // namespace barnabas::broker::share
