// Splits what arrives on a connection into frames: four bytes of length, big-endian, then as many bytes.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>

#include "common/bytes.h"
#include "network/memory_budget.h"
#include "network/slab_pool.h"

namespace barnabas::network {

// The slab that the connections of one thread receive into in turn. When nobody holds a frame in it any more
// it is filled from the start again, so light traffic touches the same few pages. One thread.
class ReceiveArena {
 public:
  explicit ReceiveArena(std::shared_ptr<SlabPool> pool) : pool_(std::move(pool)) {}

  // Room of at least kRoomMin bytes, valid until the next call of room() or claim().
  std::span<std::uint8_t> room();
  void fill(std::size_t bytes) { filled_ += bytes; }
  // Another reference to the slab that room() was in.
  SlabRef share() const { return slab_; }
  // Is `end` in `slab` where the next bytes would go?
  bool ends_at(const SlabRef& slab, std::size_t end) const;
  // Hands the slab over: the arena continues in another one.
  SlabRef claim() { return std::exchange(slab_, {}); }
  SlabRef take_slab() { return pool_->take(); }

  static constexpr std::size_t kRoomMin = 64 * 1024;

 private:
  const std::shared_ptr<SlabPool> pool_;
  SlabRef slab_;
  std::size_t filled_ = 0;
};

// Memory that grows by realloc and is never initialised.
class RawBuffer {
 public:
  std::uint8_t* data() const { return data_.get(); }
  std::size_t capacity() const { return capacity_; }
  void grow(std::size_t capacity);
  void clear() {
    data_.reset();
    capacity_ = 0;
  }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::uint8_t, Free> data_;
  std::size_t capacity_ = 0;
};

// The bytes of one connection between socket and handler. A pass is: prepare(), receive, received(),
// next() until it has no frame, settle(). Between passes an idle connection holds no memory. A frame that is
// arriving holds what arrived and at most as much again, whatever length it declared; once kClaimBytes have
// arrived it gets a slab of its own if it fits in one. One thread.
class FrameBuffer {
 public:
  FrameBuffer(ReceiveArena& arena, std::shared_ptr<MemoryBudget> budget, std::int32_t max_frame_bytes)
      : arena_(arena), budget_(std::move(budget)), held_(budget_, 0), max_frame_bytes_(max_frame_bytes) {}

  void set_max_frame_bytes(std::int32_t bytes) { max_frame_bytes_ = bytes; }

  // Where the next bytes go, in order. Only when the last settled state has no complete frame.
  std::span<iovec> prepare();
  void received(std::size_t bytes);

  enum class Next : std::uint8_t { kFrame, kNeedMore, kBad };
  // The next frame, if one is complete; kBad with the reason if the peer does not speak the protocol.
  Next next(SharedBytes& frame, std::string& reason);
  // Has next() something to return, without more bytes?
  bool ready() const;
  // Moves what is left out of the arena. To be called before the thread turns to another connection.
  void settle();

  // Bytes that are not delivered yet.
  std::size_t buffered() const { return rest() + overflow_bytes_; }
  bool empty() const { return buffered() == 0; }

  static constexpr std::size_t kCopyBytes = 2 * 1024;    // frames up to this are copied and pin no slab
  static constexpr std::size_t kClaimBytes = 64 * 1024;  // from here on an unfinished frame owns its slab

 private:
  enum class Place : std::uint8_t { kNone, kArena, kSlab, kStash };

  std::size_t rest() const { return end_ - begin_; }
  std::uint8_t* base() const;
  // Bytes of the frame at the front with its length, or 4 while that is unknown.
  std::size_t wanted() const;
  bool check(std::int32_t size, const std::uint8_t* start, std::string& reason) const;
  SharedBytes deliver(std::size_t size);
  void enter_overflow();
  void drop_memory();
  void move_to_slab();
  void move_to_stash();
  void make_room();

  ReceiveArena& arena_;
  const std::shared_ptr<MemoryBudget> budget_;
  BudgetCharge held_;  // for stash and slab, as large as they are
  std::int32_t max_frame_bytes_;
  bool first_frame_ = true;

  Place place_ = Place::kNone;
  SlabRef slab_;     // kSlab: our own; kArena: shared with the arena
  RawBuffer stash_;  // kStash
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  // What arrived behind a stashed frame lies in the arena.
  SlabRef overflow_slab_;
  std::size_t overflow_begin_ = 0;
  std::size_t overflow_bytes_ = 0;

  std::size_t arrived_in_pass_ = 0;

  std::array<iovec, 2> targets_{};
  std::size_t stash_target_ = 0;  // how much of the next receive goes to place_ itself
};

}  // namespace barnabas::network
