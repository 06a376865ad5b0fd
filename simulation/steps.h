// What happens in a simulated world, as a list that can be made from a seed and cut shorter.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace barnabas::simulation {

enum class StepKind : std::uint8_t {
  kProduce,        // an idempotent producer sends its next batch, or again the one it has no answer for
  kRepeat,         // it sends again a batch it has an answer for
  kTransactWrite,  // a transactional producer writes to a partition
  kTransactEnd,    // its transaction is decided, or a marker of it is written
  kSync,           // the pool runs: group commits come through
  kRead,           // a consumer of each isolation level reads a partition and checks what it sees
  kRoll,           // a segment is closed
  kDeleteRecords,  // the log start moves up, closed segments below it go
  kCheckpoint,     // recovery points, log starts and high watermarks are written
  kFlushDue,       // the look for logs that are due, and for files to unlink
  kCompact,        // the cleaner takes the dirtiest log
  kExpireTime,     // a long time passes
  kFault,          // an operation soon fails: the machine stops, a disk error, a full disk
  kKill,           // the process dies, the page cache survives
  kPowerLoss,      // what was not synced is lost, wholly or in part
  kRestart,        // a clean stop and a start
};

std::string_view step_name(StepKind kind);

// A step finds its details (who, where, how much) by its own seed in whatever world it meets, so that a list
// with steps left out still means something.
struct Step {
  StepKind kind = StepKind::kSync;
  std::uint64_t seed = 0;
};

std::vector<Step> make_steps(std::uint64_t seed, std::size_t count);

}  // namespace barnabas::simulation
