// The command line of the load program, and what it prints.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace barnabas::bench {

// `--name value` pairs, and after `--` whatever follows. Every getter throws std::runtime_error when the
// value is missing or wrong: the program has nothing to do without it.
class Arguments {
 public:
  Arguments(int argc, char** argv, int from);

  std::string text(const std::string& name) const;
  std::string text(const std::string& name, std::string_view otherwise) const;
  std::int64_t number(const std::string& name) const;
  std::int64_t number(const std::string& name, std::int64_t otherwise) const;
  // All values of a name that may come several times.
  std::vector<std::string> all(const std::string& name) const;
  // The same for values of the form KEY=VALUE.
  std::vector<std::pair<std::string, std::string>> pairs(const std::string& name) const;
  const std::vector<std::string>& rest() const { return rest_; }

 private:
  std::multimap<std::string, std::string> values_;
  std::vector<std::string> rest_;
};

// One line of JSON with numbers, printed at the end of a run.
class Figures {
 public:
  void set(std::string_view name, double value);
  void print() const;

 private:
  std::string line_;
};

}  // namespace barnabas::bench
