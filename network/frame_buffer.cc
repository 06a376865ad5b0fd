#include "network/frame_buffer.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

#include "common/assert.h"
#include "common/text.h"

namespace barnabas::network {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kStashMin = 256;
constexpr std::size_t kSmallBytes = 256;

// What keeps a frame alive.
struct SlabFrame {
  SlabRef slab;
  BudgetCharge charge;
};
struct StashFrame {
  RawBuffer bytes;
  BudgetCharge charge;
};
struct CopiedFrame {
  Buffer bytes;
  BudgetCharge charge;
};
struct SmallFrame {
  SmallFrame() {}  // leaves the bytes as they are
  BudgetCharge charge;
  std::array<std::uint8_t, kSmallBytes> bytes;
};

SharedBytes copy_frame(ByteView from, BudgetCharge charge) {
  if (from.size() <= kSmallBytes) {
    auto small = std::make_shared<SmallFrame>();
    small->charge = std::move(charge);
    std::copy(from.begin(), from.end(), small->bytes.begin());
    const ByteView view(small->bytes.data(), from.size());
    return {std::move(small), view};
  }
  auto copied = std::make_shared<CopiedFrame>();
  copied->bytes.assign(from.begin(), from.end());
  copied->charge = std::move(charge);
  const ByteView view(copied->bytes);
  return {std::move(copied), view};
}

bool looks_like_http(std::string_view start) {
  constexpr std::string_view kVerbs[] = {"GET ", "POST", "PUT ", "HEAD", "DELE",
                                         "OPTI", "PATC", "CONN", "TRAC", "PRI "};
  return std::find(std::begin(kVerbs), std::end(kVerbs), start) != std::end(kVerbs);
}

}  // namespace

std::span<std::uint8_t> ReceiveArena::room() {
  if (slab_ && slab_.unique()) filled_ = 0;
  if (!slab_ || Slab::kBytes - filled_ < kRoomMin) {
    slab_ = pool_->take();
    filled_ = 0;
  }
  return {slab_.data() + filled_, Slab::kBytes - filled_};
}

void RawBuffer::grow(std::size_t capacity) {
  auto* grown = static_cast<std::uint8_t*>(std::realloc(data_.get(), capacity));
  if (!grown) throw std::bad_alloc();
  static_cast<void>(data_.release());
  data_.reset(grown);
  capacity_ = capacity;
}

std::uint8_t* FrameBuffer::base() const {
  return place_ == Place::kStash ? stash_.data() : slab_.data();
}

std::size_t FrameBuffer::wanted() const {
  if (rest() < kLengthBytes) return kLengthBytes;
  const auto size = load_be<std::int32_t>(base() + begin_);
  return size < 0 ? kLengthBytes : kLengthBytes + static_cast<std::size_t>(size);
}

bool ReceiveArena::ends_at(const SlabRef& slab, std::size_t end) const {
  return slab_ && slab_.data() == slab.data() && filled_ == end;
}

std::span<iovec> FrameBuffer::prepare() {
  ASSERT(!ready() && overflow_bytes_ == 0);
  settle();
  if (place_ == Place::kNone) {
    const auto room = arena_.room();
    stash_target_ = 0;
    targets_[0] = {room.data(), room.size()};
    return {targets_.data(), 1};
  }
  make_room();
  if (place_ == Place::kSlab) {
    stash_target_ = Slab::kBytes - end_;
    targets_[0] = {slab_.data() + end_, stash_target_};
    return {targets_.data(), 1};
  }
  stash_target_ = std::min(stash_.capacity(), wanted()) - end_;
  targets_[0] = {stash_.data() + end_, stash_target_};
  // Behind a frame that can be finished there may be more; before that only its own bytes are taken.
  if (stash_.capacity() < wanted() || rest() < kLengthBytes) return {targets_.data(), 1};
  const auto room = arena_.room();
  targets_[1] = {room.data(), room.size()};
  return {targets_.data(), 2};
}

void FrameBuffer::make_room() {
  if (place_ == Place::kSlab) {
    if (begin_ + wanted() <= Slab::kBytes) return;
    if (wanted() <= Slab::kBytes) return move_to_slab();
    move_to_stash();
  }
  if (begin_ > 0) {
    std::memmove(stash_.data(), stash_.data() + begin_, rest());
    end_ = rest();
    begin_ = 0;
  }
  if (end_ < stash_.capacity()) return;
  if (end_ >= kClaimBytes && wanted() <= Slab::kBytes) return move_to_slab();
  stash_.grow(std::min(std::max(wanted(), kStashMin), std::max(stash_.capacity() * 2, kStashMin)));
  held_.resize(static_cast<std::int64_t>(stash_.capacity()));
}

void FrameBuffer::received(std::size_t bytes) {
  arrived_in_pass_ = bytes;
  if (place_ == Place::kNone) {
    slab_ = arena_.share();
    begin_ = static_cast<std::size_t>(static_cast<std::uint8_t*>(targets_[0].iov_base) - slab_.data());
    end_ = begin_ + bytes;
    place_ = Place::kArena;
    arena_.fill(bytes);
    return;
  }
  const std::size_t own = std::min(bytes, stash_target_);
  end_ += own;
  if (bytes == own) return;
  overflow_slab_ = arena_.share();
  overflow_begin_ =
      static_cast<std::size_t>(static_cast<std::uint8_t*>(targets_[1].iov_base) - overflow_slab_.data());
  overflow_bytes_ = bytes - own;
  arena_.fill(overflow_bytes_);
}

bool FrameBuffer::ready() const {
  if (place_ == Place::kNone || rest() < kLengthBytes) return false;
  return load_be<std::int32_t>(base() + begin_) < 0 || rest() >= wanted();
}

bool FrameBuffer::check(std::int32_t size, const std::uint8_t* start, std::string& reason) const {
  if (first_frame_ && looks_like_http({reinterpret_cast<const char*>(start), kLengthBytes})) {
    reason = "it speaks HTTP, this is a Kafka listener";
  } else if (first_frame_ && start[0] == 0x16 && start[1] == 0x03) {
    reason = "it began a TLS handshake, this listener has no TLS";
  } else if (size < 0) {
    reason = concat("a frame has the negative length ", size);
  } else if (size > max_frame_bytes_) {
    reason = concat("a frame of ", size, " bytes is longer than the ", max_frame_bytes_, " allowed");
  } else {
    return true;
  }
  return false;
}

FrameBuffer::Next FrameBuffer::next(SharedBytes& frame, std::string& reason) {
  if (place_ == Place::kNone || rest() < kLengthBytes) return Next::kNeedMore;
  const std::uint8_t* start = base() + begin_;
  const auto size = load_be<std::int32_t>(start);
  if (!check(size, start, reason)) return Next::kBad;
  if (rest() < kLengthBytes + static_cast<std::size_t>(size)) return Next::kNeedMore;
  first_frame_ = false;
  frame = deliver(static_cast<std::size_t>(size));
  return Next::kFrame;
}

SharedBytes FrameBuffer::deliver(std::size_t size) {
  const ByteView view(base() + begin_ + kLengthBytes, size);
  BudgetCharge charge(budget_, static_cast<std::int64_t>(size + kLengthBytes));
  begin_ += kLengthBytes + size;
  SharedBytes frame;
  if (size <= kCopyBytes) {
    frame = copy_frame(view, std::move(charge));
  } else if (place_ == Place::kStash && rest() > 0) {
    frame = copy_frame(view, std::move(charge));
  } else if (place_ == Place::kStash) {
    auto holder = std::make_shared<StashFrame>();
    holder->bytes = std::move(stash_);
    stash_ = RawBuffer();
    holder->charge = std::move(charge);
    frame = {std::move(holder), view};
  } else {
    frame = {std::make_shared<SlabFrame>(slab_, std::move(charge)), view};
  }
  if (rest() == 0) {
    drop_memory();
    if (overflow_bytes_ > 0) enter_overflow();
  }
  return frame;
}

void FrameBuffer::drop_memory() {
  slab_ = {};
  stash_.clear();
  held_.resize(0);
  begin_ = end_ = 0;
  place_ = Place::kNone;
}

void FrameBuffer::enter_overflow() {
  place_ = Place::kArena;
  slab_ = std::move(overflow_slab_);
  overflow_slab_ = {};
  begin_ = overflow_begin_;
  end_ = begin_ + std::exchange(overflow_bytes_, 0);
}

void FrameBuffer::move_to_slab() {
  SlabRef fresh = arena_.take_slab();
  std::memcpy(fresh.data(), base() + begin_, rest());
  end_ = rest();
  begin_ = 0;
  stash_.clear();
  slab_ = std::move(fresh);
  place_ = Place::kSlab;
  held_.resize(static_cast<std::int64_t>(Slab::kBytes));
}

void FrameBuffer::move_to_stash() {
  RawBuffer fresh;
  fresh.grow(std::max(kStashMin, rest()));
  std::memcpy(fresh.data(), base() + begin_, rest());
  end_ = rest();
  begin_ = 0;
  slab_ = {};
  stash_ = std::move(fresh);
  place_ = Place::kStash;
  held_.resize(static_cast<std::int64_t>(stash_.capacity()));
}

void FrameBuffer::settle() {
  const std::size_t arrived = std::exchange(arrived_in_pass_, 0);
  if (overflow_bytes_ > 0) held_.resize(static_cast<std::int64_t>(stash_.capacity() + Slab::kBytes));
  if (place_ == Place::kNone || place_ == Place::kStash) return;
  // A peer that sends fast keeps the slab for a large frame that has only begun: it will fill it at once.
  const bool fast = arrived >= kClaimBytes && rest() >= kLengthBytes && wanted() >= kClaimBytes;
  if (rest() < kClaimBytes && !fast) return move_to_stash();
  if (place_ == Place::kSlab) return;
  if (!arena_.ends_at(slab_, end_)) return move_to_slab();
  static_cast<void>(arena_.claim());
  place_ = Place::kSlab;
  held_.resize(static_cast<std::int64_t>(Slab::kBytes));
}

}  // namespace barnabas::network
