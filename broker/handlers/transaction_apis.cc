#include "broker/handlers/transaction_apis.h"

#include "broker/handlers/add_offsets_to_txn.h"
#include "broker/handlers/add_partitions_to_txn.h"
#include "broker/handlers/describe_transactions.h"
#include "broker/handlers/end_txn.h"
#include "broker/handlers/init_producer_id.h"
#include "broker/handlers/list_transactions.h"

namespace barnabas::broker {

void add_transaction_apis(ApiTable& apis, const TransactionServices& services) {
  using namespace protocol;
  apis.add<InitProducerIdRequest, InitProducerIdResponse>(
      [services](const auto& context, auto&& request, auto reply) {
        handle_init_producer_id(context, services.producer_ids, services.transactions, std::move(request),
                                std::move(reply));
      });
  apis.add<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(
      [services](const auto& context, auto&& request, auto reply) {
        handle_add_partitions_to_txn(context, services.transactions, services.metadata, std::move(request),
                                     std::move(reply));
      });
  apis.add<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(
      [services](const auto& context, auto&& request, auto reply) {
        handle_add_offsets_to_txn(context, services.transactions, services.groups, std::move(request),
                                  std::move(reply));
      });
  apis.add<EndTxnRequest, EndTxnResponse>([services](const auto& context, auto&& request, auto reply) {
    handle_end_txn(context, services.transactions, std::move(request), std::move(reply));
  });
  apis.add<DescribeTransactionsRequest, DescribeTransactionsResponse>(
      [services](const auto& context, auto&& request, auto reply) {
        handle_describe_transactions(context, services.transactions, std::move(request), std::move(reply));
      });
  apis.add<ListTransactionsRequest, ListTransactionsResponse>(
      [services](const auto& context, auto&& request, auto reply) {
        handle_list_transactions(context, services.transactions, std::move(request), std::move(reply));
      });
}

}  // namespace barnabas::broker
