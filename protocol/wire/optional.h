// Optional fields, filled in place.
#pragma once

#include <optional>

namespace barnabas::protocol {

// The field with a new value, to be filled. Stands for emplace(), which clang refuses for a struct that is
// nested in the one that holds the field: it asks for its constructor before it has read the defaults of its
// members.
template <class T>
T& fresh(std::optional<T>& field) {
  field = T();
  return *field;
}

}  // namespace barnabas::protocol
