// Memory for tables that are read at random: large ones lie in huge pages, where the kernel has them.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>

namespace barnabas::storage {

// For std::vector. With pages of 4 KiB every look-up in a table of some MiB also misses the TLB, which on a
// virtual machine costs more than the miss of the cache. Below a huge page's size it is the usual allocator.
template <class T>
class HugePageAllocator {
 public:
  using value_type = T;

  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}  // NOLINT: allocators convert

  T* allocate(std::size_t count) {
    if (count * sizeof(T) < kPageBytes) return static_cast<T*>(::operator new(count * sizeof(T)));
    const std::size_t bytes = whole_pages(count);
    void* const all =
        ::mmap(nullptr, bytes + kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) throw std::bad_alloc();
    // What lies before and behind the aligned part goes back.
    auto* const begin = static_cast<std::uint8_t*>(all);
    const std::size_t before = (kPageBytes - reinterpret_cast<std::uintptr_t>(all) % kPageBytes) % kPageBytes;
    if (before > 0) ::munmap(begin, before);
    if (before < kPageBytes) ::munmap(begin + before + bytes, kPageBytes - before);
    // Without huge pages it works all the same.
    (void)::madvise(begin + before, bytes, MADV_HUGEPAGE);
    return reinterpret_cast<T*>(begin + before);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPageBytes) return ::operator delete(memory);
    ::munmap(memory, whole_pages(count));
  }
  bool operator==(const HugePageAllocator&) const { return true; }

 private:
  static constexpr std::size_t kPageBytes = std::size_t{2} << 20;
  static std::size_t whole_pages(std::size_t count) {
    return (count * sizeof(T) + kPageBytes - 1) / kPageBytes * kPageBytes;
  }
};

}  // namespace barnabas::storage
