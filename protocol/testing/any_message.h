// Every generated message behind one interface, for tests that go through all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "protocol/testing/filler.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::protocol::testing {

class AnyMessage {
 public:
  virtual ~AnyMessage() = default;
  virtual bool decode(Reader& reader, std::int16_t version) = 0;
  virtual void encode(Writer& writer, std::int16_t version) const = 0;
  // Gives every field that `version` has a value.
  virtual void fill(Filler& filler, std::int16_t version) = 0;
  virtual bool equals(const AnyMessage& other) const = 0;  // `other` is of the same type
};

struct MessageType {
  std::string_view name;
  std::int16_t min_version;
  std::int16_t max_version;
  std::int16_t first_flexible_version;
  std::unique_ptr<AnyMessage> (*make)();
};

// In the order of the schema files.
const std::vector<MessageType>& all_messages();
// nullptr when there is none of that name.
const MessageType* find_message(std::string_view name);

template <class M>
class TypedMessage final : public AnyMessage {
 public:
  bool decode(Reader& reader, std::int16_t version) override { return message_.decode(reader, version); }
  void encode(Writer& writer, std::int16_t version) const override { message_.encode(writer, version); }
  void fill(Filler& filler, std::int16_t version) override { fill_struct(filler, message_, version); }
  bool equals(const AnyMessage& other) const override {
    return message_ == static_cast<const TypedMessage&>(other).message_;
  }

 private:
  M message_;
};

template <class M>
MessageType message_type() {
  return {M::kName, M::kMinVersion, M::kMaxVersion, M::kFirstFlexibleVersion,
          []() -> std::unique_ptr<AnyMessage> { return std::make_unique<TypedMessage<M>>(); }};
}

}  // namespace barnabas::protocol::testing
