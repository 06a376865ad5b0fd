#include "broker/handlers/share_service.h"

namespace barnabas::broker {

void ShareService::end_session(const std::string& group_id, const std::string& member_id) {
  if (const auto about = sessions.close(group_id, member_id)) partitions.release(group_id, member_id, *about);
}

void ShareService::end_with_connection(const std::shared_ptr<ClientConnection>& client,
                                       const std::string& group_id, const std::string& member_id) {
  const std::uint64_t serial = sessions.serial_of(group_id, member_id);
  client->on_close = [this, group_id, member_id, serial] {
    if (const auto about = sessions.close_if(group_id, member_id, serial)) {
      partitions.release(group_id, member_id, *about);
    }
    if (!sessions.has_members(group_id)) partitions.drop_group(group_id);
  };
}

}  // namespace barnabas::broker
