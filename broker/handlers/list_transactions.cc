#include "broker/handlers/list_transactions.h"

#include <re2/re2.h>

#include <memory>

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::ListTransactionsResponse;

// What clients send may be wrong, which is their matter and not the log's; and it must not take all memory.
RE2::Options pattern_options() {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  return options;
}

}  // namespace

void handle_list_transactions(const RequestContext&, transactions::TransactionCoordinator& coordinator,
                              protocol::ListTransactionsRequest&& request,
                              Reply<ListTransactionsResponse> reply) {
  transactions::TransactionFilter filter;
  std::vector<std::string> unknown;
  filter.any_state = request.state_filters.empty();
  for (std::string& name : request.state_filters) {
    if (const auto state = transactions::state_of_name(name)) {
      filter.states.push_back(*state);
    } else {
      unknown.push_back(std::move(name));
    }
  }
  filter.producer_ids = std::move(request.producer_id_filters);
  filter.longer_than_ms = request.duration_filter;
  if (request.transactional_id_pattern && !request.transactional_id_pattern->empty()) {
    const auto pattern = std::make_shared<const RE2>(*request.transactional_id_pattern, pattern_options());
    if (!pattern->ok()) {
      ListTransactionsResponse response;
      response.error_code = static_cast<std::int16_t>(ErrorCode::kInvalidRegularExpression);
      return reply.send(response);
    }
    filter.matches = [pattern](std::string_view id) {
      return RE2::FullMatch(re2::StringPiece(id.data(), id.size()), *pattern);
    };
  }
  coordinator.list(std::move(filter), [reply = std::move(reply), unknown = std::move(unknown)](
                                          transactions::ListTransactionsReply&& listed) mutable {
    ListTransactionsResponse response;
    response.error_code = static_cast<std::int16_t>(listed.error);
    if (listed.error == ErrorCode::kNone) response.unknown_state_filters = std::move(unknown);
    for (auto& transaction : listed.transactions) {
      auto& out = response.transaction_states.emplace_back();
      out.transactional_id = std::move(transaction.transactional_id);
      out.producer_id = transaction.producer_id;
      out.transaction_state = std::string(state_name(transaction.state));
    }
    reply.send(response);
  });
}

}  // namespace barnabas::broker
