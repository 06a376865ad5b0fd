// The machine's files. Stateless; any thread.
#pragma once

#include <memory>

#include "storage/file_system.h"

namespace barnabas::storage {

std::unique_ptr<FileSystem> posix_file_system();

}  // namespace barnabas::storage
