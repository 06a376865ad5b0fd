// Result<T, E>: a value or the reason there is none. Each layer names its own small error enum (or a
// struct with an enum and a message) as E; exceptions are for start-up and tests only.
#pragma once

#include <expected>

namespace barnabas {

template <class T, class E>
using Result = std::expected<T, E>;
using std::unexpected;

}  // namespace barnabas
