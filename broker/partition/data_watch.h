// Fetches that wait for data, and the partitions that wake them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace barnabas::broker {

class WatchList;

// Somebody who waits for a partition to have more to read. Owned by shared_ptr: by its timer and by the
// partitions it watches.
class DataWatcher {
 public:
  virtual ~DataWatcher() = default;
  // More may be readable, or the partition is gone. `list` has forgotten the watcher: one that goes on
  // waiting adds itself again. Any thread, without a lock held; may come late and more than once.
  virtual void data_changed(WatchList& list) = 0;
};

// The watchers of one partition. Any thread.
class WatchList {
 public:
  // Keeps `watcher` until the next wake(). Who adds itself must look at the partition once more afterwards:
  // the change it waits for may have passed between its look and this call.
  void add(std::shared_ptr<DataWatcher> watcher);
  // Called by a watcher that is done, so that lists of quiet partitions do not grow.
  void remove(const DataWatcher* watcher);
  // Tells all watchers and forgets them. Costs one load when there are none.
  void wake();
  std::size_t size() const;

 private:
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<DataWatcher>> watchers_;
};

}  // namespace barnabas::broker
