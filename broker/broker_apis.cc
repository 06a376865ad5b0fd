// The one place where APIs meet their handlers.
#include "broker/broker.h"
#include "broker/configs/component_settings.h"
#include "broker/handlers/admin_apis.h"
#include "broker/handlers/alter_configs.h"
#include "broker/handlers/api_versions.h"
#include "broker/handlers/delete_records.h"
#include "broker/handlers/describe_configs.h"
#include "broker/handlers/describe_log_dirs.h"
#include "broker/handlers/describe_producers.h"
#include "broker/handlers/group_apis.h"
#include "broker/handlers/list_config_resources.h"
#include "broker/handlers/list_offsets.h"
#include "broker/handlers/offset_for_leader_epoch.h"
#include "broker/handlers/produce.h"
#include "broker/handlers/share_acknowledge.h"
#include "broker/handlers/share_fetch.h"
#include "broker/handlers/share_state.h"
#include "broker/handlers/telemetry.h"
#include "broker/handlers/transaction_apis.h"
#include "broker/handlers/txn_offset_commit.h"
#include "broker/handlers/write_txn_markers.h"

namespace barnabas::broker {
namespace {

using namespace protocol;  // NOLINT: every line below names a request and a response

// Kafka's purgatory: requests that were handled and wait for something.
std::shared_ptr<Gauge> waiting_requests(MetricsRegistry& metrics, const std::string& operation) {
  return metrics.gauge("kafka_server_delayedoperationpurgatory_purgatorysize", "Requests that wait.",
                       {{"delayedOperation", operation}});
}

}  // namespace

void Broker::add_apis() {
  const auto layers = configs_.layers();
  transaction_verifier_ = std::make_unique<TransactionVerifier>(
      *transactions_, environment_.clock, environment_.scheduler, verifier_settings(configs_));
  produce_service_ = std::make_unique<ProduceService>(
      ProduceService{partitions_, environment_.clock, topic_metrics_, *transaction_verifier_,
                     waiting_requests(environment_.metrics, "Produce")});
  txn_offset_commit_service_ = std::make_unique<TxnOffsetCommitService>(
      TxnOffsetCommitService{*groups_, metadata_, partitions_, *transaction_verifier_});
  fetch_service_ = std::make_unique<FetchService>(
      FetchService{partitions_, fetch_sessions_, environment_.scheduler, topic_metrics_,
                   static_cast<std::int32_t>(layers->integer("fetch.max.bytes")),
                   waiting_requests(environment_.metrics, "Fetch")});
  share_service_ = std::make_unique<ShareService>(
      ShareService{share_partitions_, share_sessions_, metadata_, addresses_, environment_.scheduler,
                   topic_metrics_, static_cast<std::int32_t>(layers->integer("fetch.max.bytes")),
                   waiting_requests(environment_.metrics, "ShareFetch")});
  metadata_service_ = std::make_unique<MetadataService>(
      MetadataService{metadata_, *topic_creator_, addresses_,
                      [this] { return configs_.layers()->flag("auto.create.topics.enable"); }});
  config_service_ = std::make_unique<ConfigService>(
      ConfigService{metadata_, configs_, identity_.node_id,
                    [this](controller::AlterConfigsCommand command, ConfigService::Altered done) {
                      controller_->alter_configs(std::move(command), std::move(done));
                    }});
  coordinator_lookup_ =
      std::make_unique<CoordinatorLookup>(CoordinatorLookup{metadata_, *topic_creator_, addresses_});

  add_log_apis();
  add_cluster_apis();
  add_group_apis(apis_, *groups_, metadata_, *coordinator_lookup_);
  streams_topic_creator_ = std::make_unique<StreamsTopicCreator>(
      environment_.clock,
      [this](controller::CreateTopicsCommand command, StreamsTopicCreator::Created created) {
        controller_->create_topics(std::move(command), std::move(created));
      },
      [this] { return configs_.layers()->flag("barnabas.replication.factor.cap"); });
  streams_group_service_ = std::make_unique<StreamsGroupService>(
      StreamsGroupService{*groups_, metadata_, *streams_topic_creator_});
  add_streams_group_apis(apis_, *streams_group_service_);
  groups_->use_persister(persister_);
  share_group_service_ =
      std::make_unique<ShareGroupService>(ShareGroupService{*groups_, metadata_, partitions_, persister_});
  add_share_group_apis(apis_, *share_group_service_);
  add_share_state_apis(apis_, *share_states_);
  add_transaction_apis(apis_, {*transactions_, *groups_, metadata_, producer_ids_});
  admin_service_ =
      std::make_unique<AdminService>(AdminService{*controller_, metadata_, configs_, addresses_});
  add_admin_apis(apis_, *admin_service_);

  controller_apis_.add_controller_apis_of(apis_);
  for (ApiTable* table : {&apis_, &controller_apis_}) {
    table->add<ApiVersionsRequest, ApiVersionsResponse>(
        [this, table](const auto& context, auto&& request, auto reply) {
          handle_api_versions(context, *table, *metadata_.get(), client_metrics_.has_subscriptions(),
                              std::move(request), std::move(reply));
        });
  }
}

void Broker::add_log_apis() {
  apis_.add<ProduceRequest, ProduceResponse>([this](const auto& context, auto&& request, auto reply) {
    handle_produce(context, *produce_service_, std::move(request), std::move(reply));
  });
  apis_.add<FetchRequest, FetchResponse>([this](const auto& context, auto&& request, auto reply) {
    handle_fetch(context, *fetch_service_, std::move(request), std::move(reply));
  });
  apis_.add<ShareFetchRequest, ShareFetchResponse>([this](const auto& context, auto&& request, auto reply) {
    handle_share_fetch(context, *share_service_, std::move(request), std::move(reply));
  });
  apis_.add<ShareAcknowledgeRequest, ShareAcknowledgeResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_share_acknowledge(context, *share_service_, std::move(request), std::move(reply));
      });
  apis_.add<ListOffsetsRequest, ListOffsetsResponse>([this](const auto& context, auto&& request, auto reply) {
    handle_list_offsets(context, partitions_, std::move(request), std::move(reply));
  });
  apis_.add<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_offset_for_leader_epoch(context, partitions_, std::move(request), std::move(reply));
      });
  apis_.add<DeleteRecordsRequest, DeleteRecordsResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_delete_records(context, partitions_, std::move(request), std::move(reply));
      });
  apis_.add<DescribeLogDirsRequest, DescribeLogDirsResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_describe_log_dirs(context, *logs_, std::move(request), std::move(reply));
      });
  apis_.add<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_write_txn_markers(context, marker_writer_, std::move(request), std::move(reply));
      });
  apis_.add<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_txn_offset_commit(context, *txn_offset_commit_service_, std::move(request), std::move(reply));
      });
  apis_.add<DescribeProducersRequest, DescribeProducersResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_describe_producers(context, partitions_, std::move(request), std::move(reply));
      });
}

void Broker::add_cluster_apis() {
  apis_.add<MetadataRequest, MetadataResponse>([this](const auto& context, auto&& request, auto reply) {
    handle_metadata(context, *metadata_service_, std::move(request), std::move(reply));
  });
  apis_.add<DescribeConfigsRequest, DescribeConfigsResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_describe_configs(context, *config_service_, std::move(request), std::move(reply));
      });
  apis_.add<AlterConfigsRequest, AlterConfigsResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_alter_configs(context, *config_service_, std::move(request), std::move(reply));
      });
  apis_.add<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_incremental_alter_configs(context, *config_service_, std::move(request), std::move(reply));
      });
  apis_.add<ListConfigResourcesRequest, ListConfigResourcesResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_list_config_resources(context, metadata_, std::move(request), std::move(reply));
      });
  apis_.add<GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_get_telemetry_subscriptions(context, client_metrics_, std::move(request), std::move(reply));
      });
  apis_.add<PushTelemetryRequest, PushTelemetryResponse>(
      [this](const auto& context, auto&& request, auto reply) {
        handle_push_telemetry(context, client_metrics_, std::move(request), std::move(reply));
      });
}

}  // namespace barnabas::broker
