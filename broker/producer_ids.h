// Hands out producer ids from blocks that the controller assigns to this broker (KIP-730).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "common/result.h"
#include "protocol/error_code.h"

namespace barnabas::broker {

// Any thread. A request waits only while a block is on its way.
class ProducerIds {
 public:
  struct Block {
    std::int64_t first = 0;
    std::int32_t size = 0;
  };
  using BlockResult = Result<Block, protocol::ErrorCode>;
  using Allocate = std::function<void(std::move_only_function<void(BlockResult)>)>;
  using Taken = std::move_only_function<void(Result<std::int64_t, protocol::ErrorCode>)>;

  // `allocate` asks the controller for a block and may answer from any thread, at once or later.
  explicit ProducerIds(Allocate allocate) : allocate_(std::move(allocate)) {}

  // Gives an id that nobody had before. A controller that cannot answer gives COORDINATOR_LOAD_IN_PROGRESS,
  // on which producers try again.
  void take(Taken taken);

 private:
  void arrived(BlockResult block);

  const Allocate allocate_;
  std::mutex mutex_;
  std::int64_t next_ = 0;
  std::int64_t end_ = 0;
  bool asked_ = false;
  std::deque<Taken> waiting_;
};

}  // namespace barnabas::broker
