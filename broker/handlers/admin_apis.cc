#include "broker/handlers/admin_apis.h"

#include "broker/handlers/acls.h"
#include "broker/handlers/create_partitions.h"
#include "broker/handlers/create_topics.h"
#include "broker/handlers/delete_topics.h"
#include "broker/handlers/describe_cluster.h"
#include "broker/handlers/describe_quorum.h"
#include "broker/handlers/describe_topic_partitions.h"
#include "broker/handlers/elect_leaders.h"
#include "broker/handlers/unregister_broker.h"
#include "broker/handlers/update_features.h"
#include "broker/handlers/user_scram_credentials.h"

namespace barnabas::broker {
namespace {

template <class Request, class Response, class Handler>
void add_one(ApiTable& apis, const AdminService& service, Handler handler) {
  apis.add<Request, Response>(
      [&service, handler](const RequestContext& context, Request&& request, Reply<Response> reply) {
        handler(context, service, std::move(request), std::move(reply));
      });
}

}  // namespace

void add_admin_apis(ApiTable& apis, const AdminService& service) {
  using namespace protocol;  // NOLINT: every line below names a request and a response
  add_one<CreateTopicsRequest, CreateTopicsResponse>(apis, service, handle_create_topics);
  add_one<DeleteTopicsRequest, DeleteTopicsResponse>(apis, service, handle_delete_topics);
  add_one<CreatePartitionsRequest, CreatePartitionsResponse>(apis, service, handle_create_partitions);
  add_one<ElectLeadersRequest, ElectLeadersResponse>(apis, service, handle_elect_leaders);
  add_one<UpdateFeaturesRequest, UpdateFeaturesResponse>(apis, service, handle_update_features);
  add_one<UnregisterBrokerRequest, UnregisterBrokerResponse>(apis, service, handle_unregister_broker);
  add_one<DescribeClusterRequest, DescribeClusterResponse>(apis, service, handle_describe_cluster);
  add_one<DescribeQuorumRequest, DescribeQuorumResponse>(apis, service, handle_describe_quorum);
  add_one<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(apis, service,
                                                                           handle_describe_topic_partitions);
  add_one<DescribeAclsRequest, DescribeAclsResponse>(apis, service, handle_describe_acls);
  add_one<CreateAclsRequest, CreateAclsResponse>(apis, service, handle_create_acls);
  add_one<DeleteAclsRequest, DeleteAclsResponse>(apis, service, handle_delete_acls);
  add_one<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse>(
      apis, service, handle_describe_user_scram_credentials);
  add_one<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(
      apis, service, handle_alter_user_scram_credentials);
}

}  // namespace barnabas::broker
