#include "controller/image/metadata_loader.h"

#include <utility>

#include "common/text.h"

namespace barnabas::controller {

namespace {

// One batch in the making: a copy of the loader's state that replaces it if everything fits.
struct Attempt {
  std::shared_ptr<const MetadataImage> latest;
  std::shared_ptr<const MetadataImage> before;
  ImageChanges changes;
  ImageChanges held_back;
  std::unique_ptr<ImageBuilder> builder;

  ImageBuilder& open() {
    if (!builder) builder = std::make_unique<ImageBuilder>(*latest);
    return *builder;
  }
  // Finishes the image under construction.
  void close(const BatchPosition& at) {
    latest = open().build(at.last_offset, at.epoch, at.timestamp_ms);
    (before ? held_back : changes).merge(builder->changes());
    builder.reset();
  }
};

Result<void, std::string> begin(Attempt& attempt, const BatchPosition& at) {
  if (attempt.before) return unexpected(std::string("a metadata transaction begins inside another"));
  attempt.close(at);
  attempt.before = attempt.latest;
  return {};
}

Result<void, std::string> end(Attempt& attempt, const BatchPosition& at, bool keep) {
  if (!attempt.before) return unexpected(std::string("a metadata transaction ends that never began"));
  attempt.close(at);
  if (keep) {
    attempt.changes.merge(attempt.held_back);
  } else {
    ImageBuilder undone(*attempt.before);
    attempt.latest = undone.build(at.last_offset, at.epoch, at.timestamp_ms);
  }
  attempt.held_back = ImageChanges();
  attempt.before = nullptr;
  return {};
}

}  // namespace

MetadataLoader::MetadataLoader(std::shared_ptr<const MetadataImage> start) : latest_(std::move(start)) {}

Result<void, std::string> MetadataLoader::replay(const MetadataRecords& records,
                                                 const BatchPosition& position) {
  Attempt attempt{latest_, before_, {}, held_back_, nullptr};
  for (const MetadataRecord& record : records) {
    Result<void, std::string> done;
    if (std::holds_alternative<protocol::BeginTransactionRecord>(record)) {
      done = begin(attempt, position);
    } else if (std::holds_alternative<protocol::EndTransactionRecord>(record)) {
      done = end(attempt, position, true);
    } else if (std::holds_alternative<protocol::AbortTransactionRecord>(record)) {
      done = end(attempt, position, false);
    } else {
      done = attempt.open().apply(record);
    }
    if (!done) {
      return unexpected(concat(record_name(record), " in the batch that ends at offset ",
                               position.last_offset, ": ", done.error()));
    }
  }
  attempt.close(position);
  latest_ = std::move(attempt.latest);
  before_ = std::move(attempt.before);
  held_back_ = std::move(attempt.held_back);
  changes_.merge(attempt.changes);
  return {};
}

void MetadataLoader::amend(const std::function<void(ImageBuilder&)>& change) {
  const auto amended = [&](const std::shared_ptr<const MetadataImage>& image) {
    ImageBuilder builder(*image);
    change(builder);
    changes_.merge(builder.changes());
    return builder.build(image->offset(), image->epoch(), image->timestamp_ms());
  };
  latest_ = amended(latest_);
  if (before_) before_ = amended(before_);
}

void MetadataLoader::set_controller_id(std::int32_t controller_id) {
  amend([=](ImageBuilder& builder) { builder.set_controller_id(controller_id); });
}

void MetadataLoader::set_kraft_version(std::int16_t version) {
  amend([=](ImageBuilder& builder) { builder.set_kraft_version(version); });
}

ImageChanges MetadataLoader::take_changes() {
  return std::exchange(changes_, ImageChanges());
}

}  // namespace barnabas::controller
