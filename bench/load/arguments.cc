#include "bench/load/arguments.h"

#include <cstdio>
#include <stdexcept>

#include "common/text.h"

namespace barnabas::bench {

Arguments::Arguments(int argc, char** argv, int from) {
  for (int i = from; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") {
      rest_.assign(argv + i + 1, argv + argc);
      return;
    }
    if (!word.starts_with("--") || i + 1 == argc) throw std::runtime_error(concat("what is ", word, "?"));
    values_.emplace(word.substr(2), argv[++i]);
  }
}

std::string Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw std::runtime_error(concat("--", name, " is missing"));
  return found->second;
}

std::string Arguments::text(const std::string& name, std::string_view otherwise) const {
  return values_.contains(name) ? text(name) : std::string(otherwise);
}

std::int64_t Arguments::number(const std::string& name) const {
  const auto value = parse_number<std::int64_t>(text(name));
  if (!value) throw std::runtime_error(concat("--", name, " wants a number"));
  return *value;
}

std::int64_t Arguments::number(const std::string& name, std::int64_t otherwise) const {
  return values_.contains(name) ? number(name) : otherwise;
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  std::vector<std::string> found;
  const auto [first, last] = values_.equal_range(name);
  for (auto at = first; at != last; ++at) found.push_back(at->second);
  return found;
}

std::vector<std::pair<std::string, std::string>> Arguments::pairs(const std::string& name) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const std::string& one : all(name)) {
    const auto equals = one.find('=');
    if (equals == std::string::npos) throw std::runtime_error(concat("--", name, " wants KEY=VALUE"));
    found.emplace_back(one.substr(0, equals), one.substr(equals + 1));
  }
  return found;
}

void Figures::set(std::string_view name, double value) {
  line_ += concat(line_.empty() ? "" : ", ", "\"", name, "\": ", value);
}

void Figures::print() const {
  std::printf("{%s}\n", line_.c_str());
  std::fflush(stdout);
}

}  // namespace barnabas::bench
