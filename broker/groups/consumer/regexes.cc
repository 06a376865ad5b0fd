#include "broker/groups/consumer/regexes.h"

#include <re2/re2.h>

#include <memory>

namespace barnabas::broker::groups::consumer {
namespace {

std::unique_ptr<re2::RE2> compile(const std::string& regex) {
  return std::make_unique<re2::RE2>(regex, re2::RE2::Quiet);
}

}  // namespace

std::optional<std::string> regex_error(const std::string& regex) {
  const auto compiled = compile(regex);
  if (compiled->ok()) return std::nullopt;
  return compiled->error();
}

std::map<std::string, ResolvedRegex> resolve_regexes(const std::map<std::string, std::int32_t>& regexes,
                                                     const ClusterView& cluster, std::int64_t now_ms) {
  std::map<std::string, ResolvedRegex> out;
  std::vector<std::pair<std::unique_ptr<re2::RE2>, ResolvedRegex*>> compiled;
  for (const auto& [regex, subscribers] : regexes) {
    ResolvedRegex& resolved = out[regex];
    resolved.version = cluster.version();
    resolved.timestamp_ms = now_ms;
    auto program = compile(regex);
    if (program->ok()) compiled.emplace_back(std::move(program), &resolved);
  }
  cluster.for_each_topic_name([&](const std::string& name) {
    for (auto& [program, resolved] : compiled) {
      if (re2::RE2::FullMatch(name, *program)) resolved->topics.insert(name);
    }
  });
  return out;
}

}  // namespace barnabas::broker::groups::consumer
