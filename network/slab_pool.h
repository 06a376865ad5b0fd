// Recycled memory to receive into. Fresh memory costs a page fault per 4 KiB, forty times the price of memory
// that has been touched before.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace barnabas::network {

class SlabPool;

// A block of kSlabBytes, counted by SlabRefs. Its bytes are written by one thread (whoever fills it) and read
// by those that hold frames in it.
class Slab {
 public:
  static constexpr std::size_t kBytes = 2 * 1024 * 1024;

  std::uint8_t* data() const { return data_; }

 private:
  friend class SlabPool;
  friend class SlabRef;
  std::uint8_t* data_ = nullptr;
  std::atomic<std::int32_t> references_{0};
  std::shared_ptr<SlabPool> pool_;  // while it is handed out
};

class SlabRef {
 public:
  SlabRef() = default;
  SlabRef(const SlabRef& other) : slab_(other.slab_) {
    if (slab_) slab_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  SlabRef(SlabRef&& other) noexcept : slab_(std::exchange(other.slab_, nullptr)) {}
  SlabRef& operator=(SlabRef other) noexcept {
    std::swap(slab_, other.slab_);
    return *this;
  }
  ~SlabRef();

  explicit operator bool() const { return slab_ != nullptr; }
  std::uint8_t* data() const { return slab_->data(); }
  // No frame in the slab is held by anybody else any more, and what they read happened before.
  bool unique() const { return slab_->references_.load(std::memory_order_acquire) == 1; }

 private:
  friend class SlabPool;
  explicit SlabRef(Slab* slab) : slab_(slab) {}
  Slab* slab_ = nullptr;
};

// Any thread: slabs come back on the thread that lets go of the last frame.
class SlabPool : public std::enable_shared_from_this<SlabPool> {
 public:
  SlabPool() = default;
  SlabPool(const SlabPool&) = delete;
  ~SlabPool();

  SlabRef take();
  // Gives back to the system the slabs that were not needed since the last call.
  void trim();

  std::size_t free_count() const;

 private:
  friend class SlabRef;
  void put(Slab* slab);

  mutable std::mutex mutex_;
  std::vector<Slab*> free_;        // under mutex_
  std::size_t free_at_least_ = 0;  // under mutex_: the lowest size of free_ since trim()
};

}  // namespace barnabas::network
