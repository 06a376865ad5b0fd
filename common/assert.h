// ASSERT guards against bugs of our own, in every build. It is no check of input: bad input is an error
// that is answered, never an assertion.
#pragma once

namespace barnabas {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;
}

#define ASSERT(condition) \
  (__builtin_expect(!(condition), 0) ? ::barnabas::assertion_failed(#condition, __FILE__, __LINE__) : void(0))
