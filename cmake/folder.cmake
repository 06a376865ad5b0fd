# barnabas_folder(NAME <folder> [NEEDS <targets>...])
#   A folder of the house as one static library: every .cc below it but those in tests/, fuzz/ and main/.
#   Tests in <folder>/tests become the program <folder>_tests, found by ctest test by test.
function(barnabas_folder)
  cmake_parse_arguments(ARG "" "NAME" "NEEDS" ${ARGN})
  # Relative paths: where the checkout lies must not matter to the filters.
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "(^|/)(tests|fuzz|main)/")
  add_library(${ARG_NAME} STATIC ${sources})
  target_include_directories(${ARG_NAME} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${ARG_NAME} PUBLIC ${ARG_NEEDS} Threads::Threads)
  target_precompile_headers(${ARG_NAME} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
  barnabas_folder_tests(${ARG_NAME})
endfunction()

# The tests of a folder; TEST_SUPPORT names further libraries they link.
function(barnabas_folder_tests folder)
  if(NOT BARNABAS_TESTS)
    return()
  endif()
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER tests INCLUDE REGEX "(^|/)tests/")
  if(NOT tests)
    return()
  endif()
  include(GoogleTest)
  add_executable(${folder}_tests ${tests})
  target_link_libraries(${folder}_tests PRIVATE ${folder} GTest::gtest GTest::gmock GTest::gtest_main)
  target_precompile_headers(${folder}_tests PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled_tests.h)
  gtest_discover_tests(${folder}_tests WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_TIMEOUT 120
                       PROPERTIES TIMEOUT 300)
endfunction()
