#include "broker/handlers/delete_topics.h"

#include <map>
#include <set>
#include <string>

#include "controller/commands.h"

namespace barnabas::broker {
namespace {

using controller::ApiError;
using controller::DeletedTopic;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using protocol::ErrorCode;

constexpr std::int16_t kFirstVersionWithIds = 6;
// Before it there is no error code of its own for deletion that is switched off.
constexpr std::int16_t kFirstVersionWithDeletionDisabled = 3;

ApiError invalid(std::string message) {
  return {ErrorCode::kInvalidRequest, std::move(message)};
}

void add_result(DeleteTopicsResponse& response, const DeletedTopic& topic, std::int16_t version) {
  auto& result = response.responses.emplace_back();
  if (topic.name.empty() && version >= kFirstVersionWithIds) {
    result.name = std::nullopt;
  } else {
    result.name = topic.name;
  }
  result.topic_id = topic.id;
  ErrorCode code = topic.error.code;
  if (code == ErrorCode::kTopicDeletionDisabled && version < kFirstVersionWithDeletionDisabled) {
    code = ErrorCode::kInvalidRequest;
  }
  result.error_code = static_cast<std::int16_t>(code);
  result.error_message = topic.error.nullable_message();
}

// The topics of a request that can be asked for; refusals of the others go into the response.
class Selection {
 public:
  Selection(const controller::MetadataImage& image, DeleteTopicsResponse& response, std::int16_t version)
      : image_(image), response_(response), version_(version) {}

  void add(std::optional<std::string> name, const Uuid& id) {
    if (name && !id.is_zero())
      return refuse(*name, id, invalid("You may not specify both topic name and topic id."));
    if (!name && id.is_zero()) return refuse("", id, invalid("Neither topic name nor id were specified."));
    DeletedTopic topic;
    topic.name = name.value_or("");
    topic.id = id;
    if (name ? !names_.insert(*name).second : !ids_.insert(id).second) {
      // The first of them goes too: who names a topic twice may mean two.
      std::erase_if(wanted_,
                    [&](const DeletedTopic& other) { return other.name == topic.name && other.id == id; });
      if ((name ? repeated_names_.insert(*name).second : repeated_ids_.insert(id).second)) {
        refuse(topic.name, id, invalid(name ? "Duplicate topic name." : "Duplicate topic id."));
      }
      return;
    }
    wanted_.push_back(std::move(topic));
  }

  // Without those that another entry names by its id.
  std::vector<DeletedTopic> take() {
    std::vector<DeletedTopic> kept;
    for (DeletedTopic& topic : wanted_) {
      const auto known = topic.id.is_zero() ? image_.topic(topic.name) : nullptr;
      if (known && ids_.contains(known->id)) {
        refuse(topic.name, {}, invalid("The provided topic name maps to an ID that was already supplied."));
      } else {
        kept.push_back(std::move(topic));
      }
    }
    return kept;
  }

 private:
  void refuse(const std::string& name, const Uuid& id, ApiError error) {
    DeletedTopic topic;
    topic.name = name;
    topic.id = id;
    topic.error = std::move(error);
    add_result(response_, topic, version_);
  }

  const controller::MetadataImage& image_;
  DeleteTopicsResponse& response_;
  const std::int16_t version_;
  std::vector<DeletedTopic> wanted_;
  std::set<std::string> names_, repeated_names_;
  std::set<Uuid> ids_, repeated_ids_;
};

}  // namespace

void handle_delete_topics(const RequestContext& context, const AdminService& service,
                          DeleteTopicsRequest&& request, Reply<DeleteTopicsResponse> reply) {
  DeleteTopicsResponse response;
  const auto image = service.metadata.get();
  Selection selection(*image, response, context.api_version);
  for (auto& name : request.topic_names) selection.add(std::move(name), {});
  for (auto& topic : request.topics) selection.add(std::move(topic.name), topic.topic_id);
  std::vector<DeletedTopic> wanted = selection.take();
  if (wanted.empty()) return reply.send(response);
  service.controller.delete_topics(std::move(wanted),
                                   [response = std::move(response), reply = std::move(reply),
                                    version = context.api_version](std::vector<DeletedTopic> topics) mutable {
                                     for (const DeletedTopic& topic : topics)
                                       add_result(response, topic, version);
                                     reply.send(response);
                                   });
}

}  // namespace barnabas::broker
