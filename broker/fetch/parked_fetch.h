// A fetch from its first look until its answer.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "broker/api/reply.h"
#include "broker/fetch/fetch_plan.h"
#include "broker/fetch/fetch_reader.h"
#include "broker/handlers/fetch.h"
#include "protocol/messages/fetch_response.h"

namespace barnabas::broker {

// Answered by whoever comes first: the handler itself, a partition that has more, or the timer. Held by the
// watch lists and the timer while it waits; its mutex guards everything.
class ParkedFetch final : public DataWatcher, public std::enable_shared_from_this<ParkedFetch> {
 public:
  struct Wants {
    FetchLimits limits;
    std::int32_t min_bytes = 0;
    std::int32_t max_wait_ms = 0;
  };
  ParkedFetch(FetchService& service, FetchPlan plan, const Wants& wants, Reply<protocol::FetchResponse> reply)
      : service_(service), plan_(std::move(plan)), wants_(wants), reply_(std::move(reply)) {}

  // Looks, and answers or waits. Called once.
  void begin();
  void data_changed(WatchList& list) override;

 private:
  bool enough(const FetchPass& pass) const;
  void watch(const FetchPass& pass);
  bool moved_since(const FetchPass& pass) const;
  void time_out();
  // Looks again; answers when there is enough or, with `now`, whatever there is. True if answered.
  bool look(bool now);
  void answer(FetchPass&& pass);
  protocol::FetchResponse response(FetchPass&& pass);

  FetchService& service_;
  FetchPlan plan_;
  const Wants wants_;
  std::mutex mutex_;
  std::optional<Reply<protocol::FetchResponse>> reply_;  // empty once answered
  TimerId timer_ = 0;
  bool waits_ = false;
  std::vector<std::shared_ptr<Partition>> watched_;
};

}  // namespace barnabas::broker
