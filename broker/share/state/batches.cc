#include "broker/share/state/batches.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace barnabas::broker::share {
namespace {

// What decides between two batches that overlap.
std::pair<std::int16_t, std::int8_t> rank(const StateBatch& batch) {
  return {batch.delivery_count, batch.delivery_state};
}

struct InOrder {
  bool operator()(const StateBatch& a, const StateBatch& b) const {
    return std::tuple(a.first_offset, a.last_offset, rank(a)) <
           std::tuple(b.first_offset, b.last_offset, rank(b));
  }
};
using Sorted = std::set<StateBatch, InOrder>;

StateBatch with_offsets(const StateBatch& of, std::int64_t first, std::int64_t last) {
  return {first, last, of.delivery_state, of.delivery_count};
}

void prune(const std::vector<StateBatch>& from, std::int64_t start_offset, std::vector<StateBatch>& out) {
  for (const StateBatch& batch : from) {
    if (batch.last_offset < batch.first_offset) continue;
    if (start_offset == -1 || batch.first_offset >= start_offset) {
      out.push_back(batch);
    } else if (batch.last_offset >= start_offset) {
      out.push_back(with_offsets(batch, start_offset, batch.last_offset));
    }
  }
}

// Whether `next`, which does not begin before `batch`, overlaps it or goes on in the same state.
bool belong_together(const StateBatch& batch, const StateBatch& next) {
  if (next.first_offset <= batch.last_offset) return true;
  return next.first_offset - 1 == batch.last_offset && rank(batch) == rank(next);
}

// Puts two that overlap, taken out of `sorted`, back as what they are together.
void merge(const StateBatch& batch, const StateBatch& next, Sorted& sorted) {
  if (rank(batch) == rank(next)) {
    sorted.insert(with_offsets(batch, batch.first_offset, std::max(batch.last_offset, next.last_offset)));
    return;
  }
  if (rank(next) < rank(batch)) {
    sorted.insert(batch);
    if (next.last_offset > batch.last_offset) {
      sorted.insert(with_offsets(next, batch.last_offset + 1, next.last_offset));
    }
    return;
  }
  if (batch.first_offset < next.first_offset) {
    sorted.insert(with_offsets(batch, batch.first_offset, next.first_offset - 1));
  }
  sorted.insert(next);
  if (batch.last_offset > next.last_offset) {
    sorted.insert(with_offsets(batch, next.last_offset + 1, batch.last_offset));
  }
}

}  // namespace

std::vector<StateBatch> combine_batches(const std::vector<StateBatch>& so_far,
                                        const std::vector<StateBatch>& newer, std::int64_t start_offset) {
  std::vector<StateBatch> kept;
  kept.reserve(so_far.size() + newer.size());
  prune(so_far, start_offset, kept);
  prune(newer, start_offset, kept);
  if (kept.size() < 2) return kept;
  Sorted sorted(kept.begin(), kept.end());
  std::vector<StateBatch> done;
  done.reserve(sorted.size());
  // What is passed is done for good, even if a merge behind it makes a neighbour in the same state.
  while (!sorted.empty()) {
    const StateBatch batch = sorted.extract(sorted.begin()).value();
    if (sorted.empty() || !belong_together(batch, *sorted.begin())) {
      done.push_back(batch);
      continue;
    }
    const StateBatch next = sorted.extract(sorted.begin()).value();
    merge(batch, next, sorted);
  }
  return done;
}

}  // namespace barnabas::broker::share
