// A map whose copies share what they have in common, so that an image of 10,000 topics is copied in no time
// and one topic of it changed for the price of a few small nodes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace barnabas::controller {

// A trie of fixed depth over the hash: three levels of sixteen children and a small vector at the bottom
// (4,096 buckets). A value: copying is one pointer, a change copies one path and leaves other copies alone.
// Const access from any thread; changes from one thread per copy. Looks up with every type that `Hash` and
// == of the key accept. No order.
template <class Key, class Value, class Hash>
class PersistentMap {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Valid as long as some copy of the map holds the entry unchanged.
  template <class Lookup>
  const Value* find(const Lookup& key) const {
    const std::uint32_t hash = spread(Hash()(key));
    if (!root_) return nullptr;
    const auto& middle = root_->children[hash & kMask];
    if (!middle) return nullptr;
    const auto& low = middle->children[hash >> kBits & kMask];
    if (!low) return nullptr;
    const auto& bucket = low->children[hash >> 2 * kBits & kMask];
    if (!bucket) return nullptr;
    for (const auto& [held, value] : *bucket) {
      if (held == key) return &value;
    }
    return nullptr;
  }
  template <class Lookup>
  bool contains(const Lookup& key) const {
    return find(key) != nullptr;
  }

  void set(const Key& key, Value value) {
    Bucket& bucket = open_bucket(key);
    for (auto& [held, old] : bucket) {
      if (held == key) {
        old = std::move(value);
        return;
      }
    }
    bucket.emplace_back(key, std::move(value));
    ++size_;
  }

  // True if the key was there.
  template <class Lookup>
  bool erase(const Lookup& key) {
    if (!find(key)) return false;
    Bucket& bucket = open_bucket(key);
    for (auto at = bucket.begin(); at != bucket.end(); ++at) {
      if (at->first == key) {
        bucket.erase(at);
        break;
      }
    }
    --size_;
    return true;
  }

  // Calls see(key, value) for every entry.
  template <class See>
  void for_each(See&& see) const {
    if (!root_) return;
    for (const auto& middle : root_->children) {
      if (!middle) continue;
      for (const auto& low : middle->children) {
        if (!low) continue;
        for (const auto& bucket : low->children) {
          if (!bucket) continue;
          for (const auto& [key, value] : *bucket) see(key, value);
        }
      }
    }
  }

 private:
  static constexpr int kBits = 4;
  static constexpr std::uint32_t kMask = (1u << kBits) - 1;

  using Bucket = std::vector<std::pair<Key, Value>>;
  template <class Child>
  struct Node {
    std::array<std::shared_ptr<const Child>, std::size_t{1} << kBits> children;
  };
  using Low = Node<Bucket>;
  using Middle = Node<Low>;
  using Root = Node<Middle>;

  // Hashes of numbers are the numbers themselves; the top bits of a product are better spread.
  static std::uint32_t spread(std::size_t hash) {
    return static_cast<std::uint32_t>(hash * 0x9e3779b97f4a7c15ull >> 40);
  }

  template <class Child>
  static Child& open(std::shared_ptr<const Child>& slot) {
    auto copy = slot ? std::make_shared<Child>(*slot) : std::make_shared<Child>();
    Child& opened = *copy;
    slot = std::move(copy);
    return opened;
  }

  template <class Lookup>
  Bucket& open_bucket(const Lookup& key) {
    const std::uint32_t hash = spread(Hash()(key));
    Middle& middle = open(open(root_).children[hash & kMask]);
    Low& low = open(middle.children[hash >> kBits & kMask]);
    return open(low.children[hash >> 2 * kBits & kMask]);
  }

  std::shared_ptr<const Root> root_;
  std::size_t size_ = 0;
};

}  // namespace barnabas::controller
