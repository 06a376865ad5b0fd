// What the fuzzers of this folder are fed first, in every run of the tests.
#include "common/testing/fuzz_corpus.h"

// clang-format off
#define LLVMFuzzerTestOneInput fuzz_batches
#include "records/fuzz/batches.cc"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_decompressors
#include "records/fuzz/decompressors.cc"
#undef LLVMFuzzerTestOneInput
// clang-format on

namespace barnabas::records {
namespace {

TEST(FuzzCorpus, BatchesTakesEveryInputAndEveryCutOfIt) {
  EXPECT_GT(replay_corpus("records/fuzz/corpus/batches", fuzz_batches), 40u);
}

TEST(FuzzCorpus, DecompressorsTakesEveryInputAndEveryCutOfIt) {
  EXPECT_GT(replay_corpus("records/fuzz/corpus/decompressors", fuzz_decompressors), 40u);
}

}  // namespace
}  // namespace barnabas::records
