// What the fuzzers of this folder are fed first, in every run of the tests.
#include "common/testing/fuzz_corpus.h"

#include <gtest/gtest.h>

// clang-format off
#define LLVMFuzzerTestOneInput fuzz_coordinator_records
#include "broker/fuzz/coordinator_records.cc"
#undef LLVMFuzzerTestOneInput
// clang-format on

namespace barnabas::broker {
namespace {

TEST(FuzzCorpus, CoordinatorRecordsTakeEveryInputAndEveryCutOfIt) {
  EXPECT_GE(replay_corpus("broker/fuzz/corpus/coordinator_records", fuzz_coordinator_records), 200u);
}

}  // namespace
}  // namespace barnabas::broker
