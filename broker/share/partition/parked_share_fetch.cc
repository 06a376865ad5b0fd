#include "broker/share/partition/parked_share_fetch.h"

#include <algorithm>

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

// A topic that had the id when the partition joined its session is deleted by now.
ErrorCode error_of(const SessionPartition& partition, ErrorCode error) {
  const bool was_known = !partition.topic.empty();
  return error == ErrorCode::kUnknownTopicId && was_known ? ErrorCode::kUnknownTopicOrPartition : error;
}

}  // namespace

// States are loaded while the fetch already watches, one after the other and without its mutex: as with Kafka
// the first partition that is ready answers it, others have their turn in the next.
void ParkedShareFetch::begin() {
  std::vector<std::shared_ptr<HostedPartition>> loading;
  {
    const std::unique_lock lock(mutex_);
    find_partitions();
    for (const Part& part : parts_) {
      if (part.hosted) loading.push_back(part.hosted);
    }
    if (wants_.max_wait_ms <= 0) load_partitions();
    begin_to_wait();
  }
  for (const auto& hosted : loading) hosted->load();
}

void ParkedShareFetch::load_partitions() {
  for (const Part& part : parts_) {
    if (part.hosted) part.hosted->load();
  }
}

void ParkedShareFetch::begin_to_wait() {
  const bool all_failed =
      std::ranges::none_of(parts_, [](const Part& part) { return part.hosted != nullptr; });
  if (all_failed || wants_.max_records <= 0 || wants_.max_bytes <= 0) {
    look(true);
    return;
  }
  if (look(wants_.max_wait_ms <= 0)) return;
  // What comes between a look and the watch must not be missed.
  watch();
  if (look(false)) return;
  is_waiting_ = true;
  waiting_->add(1);
  timer_ = manager_.environment().scheduler.after(std::chrono::milliseconds(wants_.max_wait_ms),
                                                  [self = shared_from_this()] { self->time_out(); });
}

void ParkedShareFetch::find_partitions() {
  for (const SessionPartition& partition : wants_.partitions) {
    Part& part = parts_.emplace_back();
    part.partition = partition;
    auto found = manager_.get_or_make({wants_.group_id, partition.topic_id, partition.partition});
    if (found) {
      part.hosted = std::move(*found);
    } else {
      part.failure.error = error_of(partition, found.error());
    }
  }
}

// A state that could not be read is an error of its partition.
void ParkedShareFetch::note_failures() {
  for (Part& part : parts_) {
    if (!part.hosted) continue;
    auto loaded = part.hosted->loaded();
    if (!loaded || loaded->error == ErrorCode::kNone) continue;
    part.failure.error = loaded->error;
    part.failure.message = std::move(loaded->error_message);
    if (is_watching_) {
      part.hosted->watchers().remove(this);
      part.hosted->partition().watchers().remove(this);
    }
    part.hosted.reset();
  }
}

bool ParkedShareFetch::is_worth_taking() {
  if (wants_.min_bytes <= 1) return true;
  std::int64_t bytes = 0;
  for (const Part& part : parts_) {
    if (!part.hosted) continue;
    const auto readable = part.hosted->readable(wants_.max_bytes);
    if (readable.error != ErrorCode::kNone) return true;
    bytes += readable.bytes;
  }
  return bytes >= std::min(wants_.min_bytes, wants_.max_bytes);
}

bool ParkedShareFetch::look(bool now) {
  note_failures();
  const auto usable = std::ranges::count_if(parts_, [](const Part& part) { return part.hosted != nullptr; });
  const bool may_take = wants_.max_records > 0 && wants_.max_bytes > 0;
  if (!now && usable > 0 && !is_worth_taking()) return false;

  std::vector<SharedRecords> out;
  bool has_news = usable == 0;
  HostedPartition::Wants wants;
  wants.member = wants_.member;
  wants.record_limit = wants_.record_limit;
  wants.batch_size = wants_.batch_size;
  wants.min_one_batch = true;
  std::int64_t records_left = wants_.max_records;
  std::int64_t bytes_left = wants_.max_bytes;
  std::int64_t acquirable = 0;
  for (const Part& part : parts_) {
    if (part.hosted && may_take && part.hosted->readable(0).can_acquire) ++acquirable;
  }
  for (Part& part : parts_) {
    SharedRecords& records = out.emplace_back();
    records.partition = part.partition;
    if (!part.hosted) {
      records.taken = part.failure;
      continue;
    }
    records.led = std::shared_ptr<Partition>(part.hosted, &part.hosted->partition());
    if (!may_take || acquirable == 0) continue;
    wants.max_records = static_cast<std::int32_t>(records_left);
    wants.max_bytes = std::min(std::max<std::int64_t>(1, wants_.max_bytes / acquirable), bytes_left);
    if (wants.max_records <= 0 || (wants.max_bytes <= 0 && !wants.min_one_batch)) continue;
    records.taken = part.hosted->take(wants);
    const auto bytes = static_cast<std::int64_t>(records.taken.records.size());
    if (bytes > 0) wants.min_one_batch = false;
    bytes_left = std::max<std::int64_t>(0, bytes_left - bytes);
    records_left -= records.taken.count;
    has_news |= bytes > 0 || records.taken.error != ErrorCode::kNone;
  }
  if (!now && !has_news) return false;
  finish(std::move(out));
  return true;
}

void ParkedShareFetch::watch() {
  is_watching_ = true;
  for (const Part& part : parts_) {
    if (!part.hosted) continue;
    part.hosted->watchers().add(shared_from_this());
    part.hosted->partition().watchers().add(shared_from_this());
  }
}

void ParkedShareFetch::data_changed(WatchList& list) {
  const std::unique_lock lock(mutex_);
  if (!done_) return;
  list.add(shared_from_this());
  look(false);
}

void ParkedShareFetch::time_out() {
  const std::unique_lock lock(mutex_);
  timer_ = 0;
  if (done_) look(true);
}

void ParkedShareFetch::finish(std::vector<SharedRecords> records) {
  if (std::exchange(is_waiting_, false)) waiting_->add(-1);
  if (timer_ != 0) manager_.environment().scheduler.cancel(timer_);
  if (is_watching_) {
    for (const Part& part : parts_) {
      if (!part.hosted) continue;
      part.hosted->watchers().remove(this);
      part.hosted->partition().watchers().remove(this);
    }
  }
  parts_.clear();
  Done done = std::move(done_);
  done_ = nullptr;
  done(std::move(records));
}

}  // namespace barnabas::broker::share
