#include "controller/quorum/voter_set.h"

#include <algorithm>

namespace barnabas::controller {

bool VoterSet::contains(const ReplicaKey& key) const {
  return std::any_of(voters_.begin(), voters_.end(), [&](const Voter& voter) {
    const Uuid& known = voter.key.directory_id;
    return voter.key.id == key.id &&
           (known.is_zero() || key.directory_id.is_zero() || known == key.directory_id);
  });
}

}  // namespace barnabas::controller
