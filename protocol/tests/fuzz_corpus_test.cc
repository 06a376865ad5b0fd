// What the fuzzers of this folder are fed first, in every run of the tests.
#include "common/testing/fuzz_corpus.h"

// clang-format off
#define LLVMFuzzerTestOneInput fuzz_messages
#include "protocol/fuzz/messages.cc"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_headers
#include "protocol/fuzz/headers.cc"
#undef LLVMFuzzerTestOneInput
// clang-format on

namespace barnabas::protocol {
namespace {

TEST(FuzzCorpus, MessagesTakesEveryInputAndEveryCutOfIt) {
  EXPECT_GT(replay_corpus("protocol/fuzz/corpus/messages", fuzz_messages), 40u);
}

TEST(FuzzCorpus, HeadersTakesEveryInputAndEveryCutOfIt) {
  EXPECT_GT(replay_corpus("protocol/fuzz/corpus/headers", fuzz_headers), 40u);
}

}  // namespace
}  // namespace barnabas::protocol
