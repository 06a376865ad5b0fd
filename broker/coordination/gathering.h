// One answer made of parts that come from several shards.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>

#include "broker/coordination/answerer.h"

namespace barnabas::broker::coordination {

// Any thread. Shared by those who bring parts; answers when the last has come, at once if there are none.
template <class Parts>
class Gathering {
 public:
  Gathering(Parts parts, std::size_t missing, Answerer<Parts> answerer)
      : parts_(std::move(parts)), missing_(missing), answerer_(std::move(answerer)) {
    if (missing_ == 0) answerer_(std::move(parts_));
  }

  // `put` stores one part.
  template <class Put>
  void part(Put put) {
    {
      const std::lock_guard lock(mutex_);
      put(parts_);
      if (--missing_ > 0) return;
    }
    answerer_(std::move(parts_));
  }

 private:
  std::mutex mutex_;
  Parts parts_;
  std::size_t missing_;
  Answerer<Parts> answerer_;
};

}  // namespace barnabas::broker::coordination
