// Regular expressions of subscriptions: RE2's, matched against whole names of topics.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/consumer/member.h"

namespace barnabas::broker::groups::consumer {

// Why the text is no regular expression; nullopt if it is one. An expression whose program would be too large
// is none either.
std::optional<std::string> regex_error(const std::string& regex);

// What each stands for now: nothing if it does not compile.
std::map<std::string, ResolvedRegex> resolve_regexes(const std::map<std::string, std::int32_t>& regexes,
                                                     const ClusterView& cluster, std::int64_t now_ms);

}  // namespace barnabas::broker::groups::consumer
