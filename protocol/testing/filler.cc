#include "protocol/testing/filler.h"

namespace barnabas::protocol::testing {

bool Filler::null(bool nullable) {
  return nullable && (shape_ == Shape::kNull || (shape_ == Shape::kRandom && random_.below(4) == 0));
}

std::size_t Filler::count() {
  if (shape_ == Shape::kRandom) return random_.below(4);
  return shape_ == Shape::kFull ? 1 : 0;
}

std::int64_t Filler::number(std::int64_t low, std::int64_t high) {
  if (shape_ == Shape::kFull) return random_.below(2) == 0 ? low : high;
  if (shape_ != Shape::kRandom) return 0;
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t offset = range == 0 ? random_.next() : random_.below(range);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

void Filler::operator()(bool& to) {
  to = number(0, 1) != 0;
}

void Filler::operator()(double& to) {
  to = static_cast<double>(number(INT32_MIN, INT32_MAX)) / 16;
}

void Filler::operator()(Uuid& to) {
  for (std::uint8_t& byte : to.bytes) byte = static_cast<std::uint8_t>(number(0, 255));
}

void Filler::operator()(std::string& to) {
  Buffer bytes;
  (*this)(bytes);
  to.assign(as_text(bytes));
  for (char& letter : to) letter = static_cast<char>('a' + (letter & 15));
}

void Filler::operator()(Buffer& to) {
  std::size_t size = shape_ == Shape::kFull ? 3 : 0;
  // Now and then so long that its length takes two bytes.
  if (shape_ == Shape::kRandom) size = random_.below(16) == 0 ? 100 + random_.below(100) : random_.below(6);
  to.resize(size);
  for (std::uint8_t& byte : to) byte = static_cast<std::uint8_t>(random_.next());
}

void Filler::operator()(Payload& to) {
  Buffer bytes;
  (*this)(bytes);
  to = Payload::own(std::move(bytes));
}

}  // namespace barnabas::protocol::testing
