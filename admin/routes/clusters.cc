#include "admin/routes/call.h"
#include "admin/routes/routes.h"

namespace barnabas::admin {
namespace {

Json cluster_json(const Call& call) {
  Json json = call.item("KafkaCluster", {}, "");
  if (call.cluster.controller_id)
    json["controller"] = call.related({"brokers", std::to_string(*call.cluster.controller_id)});
  json["acls"] = call.related({"acls"});
  json["brokers"] = call.related({"brokers"});
  json["broker_configs"] = call.related({"broker-configs"});
  json["consumer_groups"] = call.related({"consumer-groups"});
  json["topics"] = call.related({"topics"});
  json["partition_reassignments"] = call.related({"topics", "-", "partitions", "-", "reassignment"});
  return json;
}

Json broker_json(const Call& call, const BrokerInfo& broker) {
  const std::string id = std::to_string(broker.broker_id);
  Json json = call.item("KafkaBroker", {"brokers", id}, "/broker=" + id);
  json["broker_id"] = broker.broker_id;
  json["host"] = broker.host;
  json["port"] = broker.port;
  json["rack"] = text_or_null(broker.rack);
  json["configs"] = call.related({"brokers", id, "configs"});
  json["partition_replicas"] = call.related({"brokers", id, "partition-replicas"});
  return json;
}

void list_clusters(Backend& backend, RequestPtr request, Responder responder) {
  Call call{std::move(request), std::move(responder), backend};
  backend.cluster(then<ClusterInfo>(std::move(call), [](Call asked, ClusterInfo cluster) {
    asked.cluster = std::move(cluster);
    Json data = Json::array({cluster_json(asked)});
    asked.send(200, {{"kind", "KafkaClusterList"},
                     {"metadata", {{"self", asked.request->base_url + "/v3/clusters"}, {"next", nullptr}}},
                     {"data", std::move(data)}});
  }));
}

void list_brokers(Call call) {
  Backend& backend = call.backend;
  backend.brokers(
      then<std::vector<BrokerInfo>>(std::move(call), [](Call asked, std::vector<BrokerInfo> brokers) {
        Json data = Json::array();
        for (const BrokerInfo& broker : brokers) data.push_back(broker_json(asked, broker));
        asked.send(200, asked.list("KafkaBrokerList", {"brokers"}, std::move(data)));
      }));
}

void get_broker(Call call) {
  const auto id = call.number("broker_id");
  if (!id) return;
  Backend& backend = call.backend;
  backend.brokers(
      then<std::vector<BrokerInfo>>(std::move(call), [id](Call asked, std::vector<BrokerInfo> brokers) {
        for (const BrokerInfo& broker : brokers) {
          if (broker.broker_id == *id) return asked.send(200, broker_json(asked, broker));
        }
        asked.not_found("Broker " + std::to_string(*id) + " cannot be found.");
      }));
}

}  // namespace

void add_cluster_routes(Router& router, Backend& backend) {
  router.add({.method = "GET",
              .path = "/v3/clusters",
              .operation_id = "listClusters",
              .summary = "The one cluster this broker belongs to.",
              .handler =
                  [&backend](RequestPtr request, Responder responder) {
                    list_clusters(backend, std::move(request), std::move(responder));
                  },
              .response_schema = "ClusterDataList"});
  router.add({.method = "GET",
              .path = "/v3/clusters/{cluster_id}",
              .operation_id = "getCluster",
              .summary = "The cluster and where its parts are.",
              .handler = in_cluster(backend, [](Call call) { call.send(200, cluster_json(call)); }),
              .response_schema = "ClusterData"});
  router.add({.method = "GET",
              .path = "/v3/clusters/{cluster_id}/brokers",
              .operation_id = "listBrokers",
              .summary = "The brokers.",
              .handler = in_cluster(backend, list_brokers),
              .response_schema = "BrokerDataList"});
  router.add({.method = "GET",
              .path = "/v3/clusters/{cluster_id}/brokers/{broker_id}",
              .operation_id = "getBroker",
              .summary = "One broker.",
              .handler = in_cluster(backend, get_broker),
              .response_schema = "BrokerData"});
}

}  // namespace barnabas::admin
