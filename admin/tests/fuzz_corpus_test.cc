// What the fuzzers of this folder are fed first, in every run of the tests.
#include "common/testing/fuzz_corpus.h"

// clang-format off
#define LLVMFuzzerTestOneInput fuzz_http
#include "admin/fuzz/http.cc"
#undef LLVMFuzzerTestOneInput
// clang-format on

namespace barnabas::admin {
namespace {

TEST(FuzzCorpus, HttpTakesEveryInputAndEveryCutOfIt) {
  EXPECT_GT(replay_corpus("admin/fuzz/corpus/http", fuzz_http), 40u);
}

}  // namespace
}  // namespace barnabas::admin
