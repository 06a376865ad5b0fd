// Turns batches of the metadata log into images, metadata transactions included.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controller/image/image_builder.h"

namespace barnabas::controller {

struct BatchPosition {
  BatchPosition() = default;
  BatchPosition(std::int64_t last, std::int32_t leader_epoch, std::int64_t timestamp)
      : last_offset(last), epoch(leader_epoch), timestamp_ms(timestamp) {}

  std::int64_t last_offset = -1;
  std::int32_t epoch = -1;
  std::int64_t timestamp_ms = -1;
};

// Holds the image at the end of what was replayed, and the one that may be shown: inside a metadata
// transaction (KIP-868) the one before its begin. One thread: the controller's.
class MetadataLoader {
 public:
  explicit MetadataLoader(std::shared_ptr<const MetadataImage> start);

  // Replays the records of one batch: all or, after an error, none of them.
  Result<void, std::string> replay(const MetadataRecords& records, const BatchPosition& position);
  // Facts beside the log, which make an image of their own.
  void set_controller_id(std::int32_t controller_id);
  void set_kraft_version(std::int16_t version);

  // With everything replayed.
  const std::shared_ptr<const MetadataImage>& latest() const { return latest_; }
  // Without the records of an open transaction.
  const std::shared_ptr<const MetadataImage>& stable() const { return in_transaction() ? before_ : latest_; }
  bool in_transaction() const { return before_ != nullptr; }
  // What changed up to stable() since the last call.
  ImageChanges take_changes();

 private:
  // Of the latest image and of the one before an open transaction.
  void amend(const std::function<void(ImageBuilder&)>& change);

  std::shared_ptr<const MetadataImage> latest_;
  std::shared_ptr<const MetadataImage> before_;  // set while a transaction is open
  ImageChanges changes_;                         // of what is stable
  ImageChanges held_back_;                       // of the open transaction
};

}  // namespace barnabas::controller
