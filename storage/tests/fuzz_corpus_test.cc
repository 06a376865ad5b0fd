// What the fuzzers of this folder are fed first, in every run of the tests.
#include "common/testing/fuzz_corpus.h"

// clang-format off
#define LLVMFuzzerTestOneInput fuzz_log_recovery
#include "storage/fuzz/log_recovery.cc"
#undef LLVMFuzzerTestOneInput
// clang-format on

namespace barnabas::storage {
namespace {

TEST(FuzzCorpus, LogRecoveryTakesEveryInputAndEveryCutOfIt) {
  EXPECT_GT(replay_corpus("storage/fuzz/corpus/log_recovery", fuzz_log_recovery), 40u);
  set_log_level(LogLevel::kInfo);
}

}  // namespace
}  // namespace barnabas::storage
