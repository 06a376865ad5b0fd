#include "broker/partition/data_watch.h"

#include <algorithm>

namespace barnabas::broker {

void WatchList::add(std::shared_ptr<DataWatcher> watcher) {
  const std::scoped_lock lock(mutex_);
  watchers_.push_back(std::move(watcher));
  any_.store(true);
}

void WatchList::remove(const DataWatcher* watcher) {
  if (!any_.load()) return;
  // Destroyed after the lock: a watcher's end may run code of its own.
  std::shared_ptr<DataWatcher> removed;
  const std::scoped_lock lock(mutex_);
  const auto found = std::find_if(watchers_.begin(), watchers_.end(),
                                  [watcher](const auto& other) { return other.get() == watcher; });
  if (found == watchers_.end()) return;
  removed = std::move(*found);
  watchers_.erase(found);
  any_.store(!watchers_.empty());
}

void WatchList::wake() {
  // Sequentially consistent with add(): either this sees the watcher, or the watcher's second look sees what
  // happened before this call.
  if (!any_.load()) return;
  std::vector<std::shared_ptr<DataWatcher>> woken;
  {
    const std::scoped_lock lock(mutex_);
    woken.swap(watchers_);
    any_.store(false);
  }
  for (const auto& watcher : woken) watcher->data_changed(*this);
}

std::size_t WatchList::size() const {
  const std::scoped_lock lock(mutex_);
  return watchers_.size();
}

}  // namespace barnabas::broker
