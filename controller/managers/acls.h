// Access control entries: creating and deleting. Nothing here decides what anybody may do.
#pragma once

#include <vector>

#include "common/random.h"
#include "controller/commands.h"
#include "controller/image/metadata_image.h"
#include "controller/managers/decision.h"

namespace barnabas::controller {

// Looks at an image and decides; changes nothing itself. One thread: the controller's.
class AclManager {
 public:
  explicit AclManager(Random& random) : random_(random) {}

  // An answer for each entry, in order. Entries that exist already succeed and are not written again.
  Decision<std::vector<ApiError>> create(const MetadataImage& image,
                                         const std::vector<AclEntry>& entries) const;
  // An answer for each filter, in order. An entry that several filters mean shows in each of their answers.
  // INVALID_REQUEST for all of them, and nothing deleted, beyond 10,000 entries at once.
  Decision<std::vector<DeletedAcls>> remove(const MetadataImage& image,
                                            const std::vector<AclFilter>& filters) const;

 private:
  Random& random_;
};

}  // namespace barnabas::controller
