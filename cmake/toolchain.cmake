# Compiler and linker settings shared by every target.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
                    -fno-omit-frame-pointer)
# g++ 12 sees these where there are none, in optional<vector> and short strings once they are inlined; the
# sanitizers of the dev preset look for the real ones.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
                    $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread> $<$<CXX_COMPILER_ID:GNU>:-Wno-free-nonheap-object>
                    $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>)
# The CRC32C instruction is asked for at run time (common/crc32c.cc); nothing else needs more than x86-64.

find_program(BARNABAS_MOLD mold)
if(BARNABAS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(BARNABAS_CCACHE ccache)
if(BARNABAS_CCACHE)
  # Precompiled headers want these settings, whoever runs the build.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${BARNABAS_CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

set(BARNABAS_SANITIZE "" CACHE STRING "Sanitizers: address;undefined or thread")
if(BARNABAS_SANITIZE)
  list(JOIN BARNABAS_SANITIZE "," _sanitizers)
  add_compile_options(-fsanitize=${_sanitizers} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${_sanitizers})
endif()

if(BARNABAS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
