#include "broker/api/api_table.h"

namespace barnabas::broker {

void ApiTable::insert(ServedApi api) {
  const auto key = static_cast<std::size_t>(api.info->key);
  ASSERT(key < apis_.size() && !served_[key] && api.min_version <= api.max_version);
  served_[key] = true;
  apis_[key] = std::move(api);
}

void ApiTable::add_controller_apis_of(const ApiTable& other) {
  for (const ServedApi* api : other.all()) {
    if (api->info->on_controller && api->info->key != protocol::ApiKey::kApiVersions) insert(*api);
  }
}

const ServedApi* ApiTable::find(std::int16_t key) const {
  const auto index = static_cast<std::size_t>(key);
  return key >= 0 && index < apis_.size() && served_[index] ? &apis_[index] : nullptr;
}

std::vector<const ServedApi*> ApiTable::all() const {
  std::vector<const ServedApi*> served;
  for (std::size_t key = 0; key < apis_.size(); ++key) {
    if (served_[key]) served.push_back(&apis_[key]);
  }
  return served;
}

}  // namespace barnabas::broker
