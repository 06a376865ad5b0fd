// What the handlers that change or describe the cluster need.
#pragma once

#include "broker/advertised_addresses.h"
#include "broker/configs/live_configs.h"
#include "broker/metadata_cache.h"
#include "controller/controller.h"

namespace barnabas::broker {

// Long-lived; shared by all threads. Every part outlives the requests.
struct AdminService {
  controller::Controller& controller;
  const MetadataCache& metadata;
  const LiveConfigs& configs;
  const AdvertisedAddresses& addresses;
};

}  // namespace barnabas::broker
