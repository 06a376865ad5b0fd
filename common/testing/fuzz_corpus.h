// The committed inputs of a fuzzer, run by an ordinary test. The test includes the fuzzer's .cc with its
// entry renamed:
//   #define LLVMFuzzerTestOneInput fuzz_batches
//   #include "records/fuzz/batches.cc"
//   #undef LLVMFuzzerTestOneInput
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace barnabas {

// Runs every file of `directory`, from the project's root, and every cut of it: how many inputs that were.
inline std::size_t replay_corpus(const std::string& directory,
                                 int (*fuzz)(const std::uint8_t*, std::size_t)) {
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    const std::size_t step = bytes.size() / 40 + 1;
    for (std::size_t size = bytes.size();; size -= step) {
      const std::vector<std::uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      fuzz(cut.data(), cut.size());
      ++inputs;
      if (size < step) break;
    }
  }
  return inputs;
}

}  // namespace barnabas
