// Gives the fields of a message values: none, all or random ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/payload.h"
#include "common/random.h"
#include "common/uuid.h"

#include "protocol/wire/optional.h"

namespace barnabas::protocol::testing {

enum class Shape {
  kEmpty,   // no elements, no bytes, zeros
  kNull,    // null wherever it may be
  kFull,    // one element in each array, nothing null, numbers at their extremes
  kRandom,  // any of it
};

class Filler {
 public:
  // `random` outlives the filler.
  Filler(Random& random, Shape shape) : random_(random), shape_(shape) {}

  // Whether a field that may be null (`nullable`) becomes null.
  bool null(bool nullable);
  std::size_t count();

  void operator()(bool& to);
  void operator()(std::int8_t& to) { to = static_cast<std::int8_t>(number(INT8_MIN, INT8_MAX)); }
  void operator()(std::int16_t& to) { to = static_cast<std::int16_t>(number(INT16_MIN, INT16_MAX)); }
  void operator()(std::uint16_t& to) { to = static_cast<std::uint16_t>(number(0, UINT16_MAX)); }
  void operator()(std::int32_t& to) { to = static_cast<std::int32_t>(number(INT32_MIN, INT32_MAX)); }
  void operator()(std::int64_t& to) { to = number(INT64_MIN, INT64_MAX); }
  void operator()(double& to);
  void operator()(Uuid& to);
  void operator()(std::string& to);
  void operator()(Buffer& to);
  void operator()(Payload& to);

  template <class T>
  void array(std::vector<T>& to) {
    to.resize(count());
    for (T& each : to) (*this)(each);
  }
  template <class T>
  void structs(std::vector<T>& to, std::int16_t version) {
    to.resize(count());
    for (T& each : to) fill_struct(*this, each, version);
  }

 private:
  std::int64_t number(std::int64_t low, std::int64_t high);

  Random& random_;
  const Shape shape_;
};

}  // namespace barnabas::protocol::testing
