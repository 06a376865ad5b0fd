#include "protocol/tests/counting_new.h"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocated = 0;

void* allocate(std::size_t size) {
  allocated += size;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace barnabas::protocol {
std::size_t allocated_bytes() {
  return allocated;
}
}  // namespace barnabas::protocol
