#include "storage/file_system.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "storage/file_cache.h"
#include "storage/pending_deletions.h"
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

// What both implementations promise.
class Files : public ::testing::TestWithParam<bool> {
 protected:
  Files() : posix(posix_file_system()), files(GetParam() ? *posix : static_cast<FileSystem&>(simulated)) {
    root = GetParam() ? temporary.path() : "/tmp";
    EXPECT_TRUE(make_directories(files, root));
  }
  TemporaryDirectory temporary;
  std::unique_ptr<FileSystem> posix;
  SimulatedFileSystem simulated;
  FileSystem& files;
  std::string root;
};
INSTANTIATE_TEST_SUITE_P(Both, Files, ::testing::Values(true, false),
                         [](const auto& param) { return param.param ? "Posix" : "Simulated"; });

TEST_P(Files, PiecesAreWrittenInOrderAndReadBack) {
  const std::string path = join_path(root, "a");
  auto file = files.open(path, OpenMode::kCreate);
  ASSERT_TRUE(file);
  std::vector<std::string> texts;
  std::string all;
  for (int i = 0; i < 200; ++i) texts.push_back(std::to_string(i) + ",");
  std::vector<ByteView> pieces;
  for (const std::string& text : texts) {
    pieces.push_back(as_bytes(text));
    all += text;
  }
  ASSERT_TRUE((*file)->write_at(3, std::span<const ByteView>(pieces)));
  Buffer bytes(all.size());
  EXPECT_EQ((*file)->read_at(3, bytes).value(), all.size());
  EXPECT_EQ(as_text(bytes), all);
  EXPECT_EQ((*file)->read_at(3 + static_cast<std::int64_t>(all.size()) - 1, bytes).value(), 1u);
  EXPECT_EQ((*file)->size().value(), static_cast<std::int64_t>(all.size()) + 3);
  ASSERT_TRUE((*file)->truncate(5));
  EXPECT_EQ(read_file(files, path).value().size(), 5u);
}

TEST_P(Files, ModesSayWhatMustExist) {
  const std::string path = join_path(root, "a");
  EXPECT_EQ(files.open(path, OpenMode::kRead).error().code, ENOENT);
  EXPECT_EQ(files.open(path, OpenMode::kReadWrite).error().code, ENOENT);
  ASSERT_TRUE(files.open(path, OpenMode::kCreate).value()->write_at(0, as_bytes("abc")));
  EXPECT_EQ(files.open(path, OpenMode::kCreate).value()->size().value(), 3);
  EXPECT_EQ(files.open(path, OpenMode::kTruncate).value()->size().value(), 0);
}

TEST_P(Files, DirectoriesListRenameAndVanish) {
  const std::string directory = join_path(root, "x/y");
  ASSERT_TRUE(make_directories(files, directory));
  ASSERT_TRUE(make_directories(files, directory));
  EXPECT_EQ(files.make_directory(directory).error().code, EEXIST);
  ASSERT_TRUE(replace_file(files, join_path(directory, "f"), as_bytes("1")));
  ASSERT_TRUE(replace_file(files, join_path(directory, "f"), as_bytes("2")));
  const auto entries = files.list(directory);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().name, "f");
  EXPECT_FALSE(entries->front().is_directory);
  EXPECT_FALSE(files.remove_directory(directory));
  ASSERT_TRUE(files.rename(join_path(root, "x"), join_path(root, "z")));
  EXPECT_EQ(as_text(read_file(files, join_path(root, "z/y/f")).value()), "2");
  EXPECT_TRUE(files.list(root).value().front().is_directory);
  ASSERT_TRUE(remove_tree(files, join_path(root, "z")));
  ASSERT_TRUE(remove_tree(files, join_path(root, "z")));
  EXPECT_FALSE(exists(files, join_path(root, "z")));
}

TEST_P(Files, SpaceAndTimesAreTold) {
  const auto space = files.disk_space(root);
  ASSERT_TRUE(space);
  EXPECT_GT(space->total_bytes, 0);
  EXPECT_GE(space->total_bytes, space->usable_bytes);
  ASSERT_TRUE(replace_file(files, join_path(root, "f"), as_bytes("1")));
  ASSERT_TRUE(files.set_modified_ms(join_path(root, "f"), 1'600'000'000'123));
  EXPECT_EQ(files.info(join_path(root, "f")).value().modified_ms, 1'600'000'000'123);
}

TEST_P(Files, FinalFileIsReadOnlyAndReplacesWhatACrashLeft) {
  const std::string path = join_path(root, "00000000000000000007-0000000001.checkpoint");
  for (const char* text : {"one", "two"}) {
    ASSERT_TRUE(write_final_file(files, path, as_bytes(text)));
    EXPECT_EQ(as_text(read_file(files, path).value()), text);
    EXPECT_TRUE(files.info(path)->is_read_only);
    // A crash between the mode and the rename leaves a temporary file that may not be written.
    ASSERT_TRUE(files.open(path + ".tmp", OpenMode::kCreate));
    ASSERT_TRUE(files.make_read_only(path + ".tmp"));
  }
  ASSERT_TRUE(files.remove_file(path));
}

TEST(PosixFiles, FinalFileHasKafkasMode) {
  TemporaryDirectory temporary;
  const auto files = posix_file_system();
  const std::string path = join_path(temporary.path(), "a.checkpoint");
  ASSERT_TRUE(write_final_file(*files, path, as_bytes("text")));
  struct stat state;
  ASSERT_EQ(::stat(path.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777, 0400u);
}

TEST_P(Files, CacheKeepsTheLimitAndReopens) {
  FileCache cache(files, 3);
  std::vector<std::unique_ptr<CachedFile>> places;
  for (int i = 0; i < 10; ++i) {
    places.push_back(std::make_unique<CachedFile>(cache));
    const std::string path = join_path(root, std::to_string(i));
    auto file = places.back()->open(path, OpenMode::kCreate);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write_at(0, as_bytes(std::to_string(i))));
  }
  EXPECT_EQ(cache.open_count(), 3u);
  EXPECT_EQ(places[0]->get(), nullptr);
  EXPECT_NE(places[9]->get(), nullptr);
  // A file in use outlives its eviction.
  const auto held = places[7]->get();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(
        places[static_cast<std::size_t>(i)]->open(join_path(root, std::to_string(i)), OpenMode::kReadWrite));
  }
  EXPECT_EQ(places[7]->get(), nullptr);
  Buffer byte(1);
  EXPECT_EQ(held->read_at(0, byte).value(), 1u);
  EXPECT_EQ(as_text(byte), "7");
  places.clear();
  EXPECT_EQ(cache.open_count(), 0u);
}

TEST_P(Files, DeletionsWaitForTheirTimeAndFollowRenames) {
  PendingDeletions deletions;
  ASSERT_TRUE(make_directories(files, join_path(root, "p")));
  ASSERT_TRUE(replace_file(files, join_path(root, "p/f"), as_bytes("1")));
  deletions.add_file(join_path(root, "p/f"), 100);
  deletions.add_file(join_path(root, "p/gone"), 100);
  EXPECT_EQ(deletions.run(files, 99), 0u);
  ASSERT_TRUE(files.rename(join_path(root, "p"), join_path(root, "q")));
  deletions.directory_renamed(join_path(root, "p"), join_path(root, "q"));
  deletions.add_directory(join_path(root, "q"), 200);
  EXPECT_EQ(deletions.run(files, 100), 1u);
  EXPECT_FALSE(exists(files, join_path(root, "q/f")));
  EXPECT_EQ(deletions.run(files, 200), 1u);
  EXPECT_FALSE(exists(files, join_path(root, "q")));
  EXPECT_EQ(deletions.size(), 0u);
}

TEST(PosixFiles, LockExcludesOtherProcesses) {
  TemporaryDirectory temporary;
  const auto files = posix_file_system();
  const std::string path = join_path(temporary.path(), ".lock");
  const auto in_child = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto lock = files->lock(path);
      ::_exit(lock ? 0 : lock.error().code == EAGAIN ? 1 : 2);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  {
    const auto lock = files->lock(path);
    ASSERT_TRUE(lock);
    EXPECT_EQ(in_child(), 1);
  }
  EXPECT_EQ(in_child(), 0);
}

TEST(SimulatedFiles, CrashLosesWhatWasNotSynced) {
  SimulatedFileSystem files;
  ASSERT_TRUE(files.make_directory("/d"));
  ASSERT_TRUE(files.sync_directory("/"));
  auto file = files.open("/d/f", OpenMode::kCreate).value();
  ASSERT_TRUE(file->write_at(0, as_bytes("synced")));
  ASSERT_TRUE(file->sync_data());
  ASSERT_TRUE(files.sync_directory("/d"));
  ASSERT_TRUE(file->write_at(6, as_bytes(" lost")));
  ASSERT_TRUE(files.open("/d/nameless", OpenMode::kCreate).value()->sync());
  files.crash(CrashLoss::kAllUnsynced);
  EXPECT_EQ(as_text(*files.content("/d/f")), "synced");
  EXPECT_FALSE(files.content("/d/nameless"));
  EXPECT_FALSE(file->write_at(0, as_bytes("dead")));
  EXPECT_EQ(as_text(*files.content("/d/f")), "synced");
}

TEST(SimulatedFiles, RenameIsAtomicOverACrash) {
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    SimulatedFileSystem files(seed);
    ASSERT_TRUE(replace_file(files, "/f", as_bytes("old")));
    auto file = files.open("/f.tmp", OpenMode::kTruncate).value();
    ASSERT_TRUE(file->write_at(0, as_bytes("new")));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(files.rename("/f.tmp", "/f"));
    files.crash(CrashLoss::kRandom);
    ASSERT_TRUE(files.content("/f")) << seed;
    const std::string text(as_text(*files.content("/f")));
    EXPECT_TRUE(text == "old" || text == "new") << seed << text;
  }
}

TEST(SimulatedFiles, FullDiskTakesWhatFits) {
  SimulatedFileSystem files;
  files.set_capacity(4);
  auto file = files.open("/f", OpenMode::kCreate).value();
  const auto done = file->write_at(0, as_bytes("123456"));
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is_no_space());
  EXPECT_EQ(as_text(*files.content("/f")), "1234");
}

TEST(SimulatedFiles, StoppedMachineDoesNothingMore) {
  SimulatedFileSystem files;
  auto file = files.open("/f", OpenMode::kCreate).value();
  files.stop_at(files.operations() + 2);
  ASSERT_TRUE(file->write_at(0, as_bytes("1")));
  EXPECT_FALSE(file->write_at(1, as_bytes("2345678")));
  const auto torn = files.content("/f");
  EXPECT_FALSE(file->write_at(0, as_bytes("abc")));
  EXPECT_FALSE(files.open("/g", OpenMode::kCreate));
  EXPECT_EQ(files.content("/f"), torn);
}

}  // namespace
}  // namespace barnabas::storage
