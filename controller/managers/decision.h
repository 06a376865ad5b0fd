// What a manager decided.
#pragma once

#include "controller/record.h"

namespace barnabas::controller {

// Records that make it so, and the answer for when they are committed. No records: nothing to write.
template <class Reply>
struct Decision {
  MetadataRecords records;
  Reply reply;
};

}  // namespace barnabas::controller
