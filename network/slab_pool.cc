#include "network/slab_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) (static_cast<void>(address), static_cast<void>(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) (static_cast<void>(address), static_cast<void>(size))
#endif

namespace barnabas::network {
namespace {

void unmap(std::uint8_t* data) {
  ASAN_UNPOISON_MEMORY_REGION(data, Slab::kBytes);
  ::munmap(data, Slab::kBytes);
}

}  // namespace

SlabRef::~SlabRef() {
  if (slab_ && slab_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const auto pool = std::move(slab_->pool_);
    pool->put(slab_);
  }
}

SlabPool::~SlabPool() {
  for (Slab* slab : free_) {
    unmap(slab->data_);
    delete slab;
  }
}

SlabRef SlabPool::take() {
  Slab* slab = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    if (!free_.empty()) {
      slab = free_.back();  // the one used last is the one in the cache
      free_.pop_back();
      free_at_least_ = std::min(free_at_least_, free_.size());
    }
  }
  if (!slab) {
    void* memory = ::mmap(nullptr, Slab::kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    slab = new Slab;
    slab->data_ = static_cast<std::uint8_t*>(memory);
  }
  ASAN_UNPOISON_MEMORY_REGION(slab->data_, Slab::kBytes);
  slab->references_.store(1, std::memory_order_relaxed);
  slab->pool_ = shared_from_this();
  return SlabRef(slab);
}

void SlabPool::put(Slab* slab) {
  ASAN_POISON_MEMORY_REGION(slab->data_, Slab::kBytes);
  const std::scoped_lock lock(mutex_);
  free_.push_back(slab);
}

void SlabPool::trim() {
  std::vector<Slab*> unneeded;
  {
    const std::scoped_lock lock(mutex_);
    const auto count = static_cast<std::ptrdiff_t>(std::min(free_at_least_, free_.size()));
    unneeded.assign(free_.begin(), free_.begin() + count);
    free_.erase(free_.begin(), free_.begin() + count);
    free_at_least_ = free_.size();
  }
  for (Slab* slab : unneeded) {
    unmap(slab->data_);
    delete slab;
  }
}

std::size_t SlabPool::free_count() const {
  const std::scoped_lock lock(mutex_);
  return free_.size();
}

}  // namespace barnabas::network
