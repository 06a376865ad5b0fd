// SCRAM credentials of users (KIP-554).
#pragma once

#include <vector>

#include "controller/commands.h"
#include "controller/image/metadata_image.h"
#include "controller/managers/decision.h"

namespace barnabas::controller {

// SCRAM-SHA-256 and SCRAM-SHA-512, as requests and records number them.
inline constexpr std::int8_t kScramSha256 = 1, kScramSha512 = 2;

// Looks at an image and decides; changes nothing itself. Stateless.
class ScramManager {
 public:
  // An answer for each user that is named, in order of appearance. What a user's error stops does not stop
  // the others: but of a user with an error nothing is changed.
  Decision<std::vector<NamedResult>> alter(const MetadataImage& image,
                                           const AlterScramCommand& command) const;
};

}  // namespace barnabas::controller
