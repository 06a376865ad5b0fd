#include "storage/pending_deletions.h"

#include <algorithm>

#include "common/logging.h"

namespace barnabas::storage {
namespace {
constexpr Logger logger("storage.PendingDeletions");
}

void PendingDeletions::add(std::string path, std::int64_t due_ms, bool is_directory) {
  std::lock_guard lock(mutex_);
  items_.push_back({std::move(path), due_ms, is_directory});
}

void PendingDeletions::directory_renamed(const std::string& from, const std::string& to) {
  const std::string prefix = from + "/";
  std::lock_guard lock(mutex_);
  for (Item& item : items_)
    if (item.path.starts_with(prefix)) item.path = to + item.path.substr(from.size());
}

std::size_t PendingDeletions::run(FileSystem& files, std::int64_t now_ms) {
  std::vector<Item> due;
  {
    std::lock_guard lock(mutex_);
    const auto later =
        std::partition(items_.begin(), items_.end(), [&](const Item& item) { return item.due_ms > now_ms; });
    due.assign(std::make_move_iterator(later), std::make_move_iterator(items_.end()));
    items_.erase(later, items_.end());
  }
  std::size_t removed = 0;
  for (const Item& item : due) {
    const auto done = item.is_directory ? remove_tree(files, item.path) : files.remove_file(item.path);
    if (done)
      ++removed;
    else if (!done.error().is_not_found())
      logger.warn("Cannot remove ", item.path, ": ", done.error().to_string());
  }
  return removed;
}

std::size_t PendingDeletions::size() const {
  std::lock_guard lock(mutex_);
  return items_.size();
}

}  // namespace barnabas::storage
