// What the fuzzers of this folder are fed first, in every run of the tests.
#include "common/testing/fuzz_corpus.h"

// clang-format off
#define LLVMFuzzerTestOneInput fuzz_metadata_files
#include "controller/fuzz/metadata_files.cc"
#undef LLVMFuzzerTestOneInput
// clang-format on

namespace barnabas::controller {
namespace {

TEST(FuzzCorpus, MetadataFilesTakesEveryInputAndEveryCutOfIt) {
  EXPECT_GT(replay_corpus("controller/fuzz/corpus/metadata_files", fuzz_metadata_files), 40u);
}

}  // namespace
}  // namespace barnabas::controller
