# tocsin_test(NAME SOURCES s... LIBRARIES l... [LABELS l...] [TIMEOUT s]):
# a GoogleTest program; every TEST in it becomes one ctest entry.
# LABELS slow: left out by `tools/test --quick`. netns: needs the right to make
# network namespaces.
if(TOCSIN_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

function(tocsin_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 30)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} tocsin_flags
                        GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name}
    TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()

# tocsin_fuzzer(NAME SOURCE LIBRARIES...): with TOCSIN_FUZZ a libFuzzer
# program; otherwise a program that replays tests/fuzz/corpus/NAME once, so
# that ctest runs every kept input.
function(tocsin_fuzzer name source)
  if(TOCSIN_FUZZ)
    add_executable(fuzz_${name} ${source})
    target_link_libraries(fuzz_${name} PRIVATE ${ARGN} tocsin_flags)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  elseif(TOCSIN_BUILD_TESTS)
    add_executable(replay_${name} ${source}
                   "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp")
    target_link_libraries(replay_${name} PRIVATE ${ARGN} tocsin_flags)
    add_test(NAME fuzz_corpus.${name}
      COMMAND replay_${name}
              "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}")
    set_tests_properties(fuzz_corpus.${name} PROPERTIES TIMEOUT 60)
  endif()
endfunction()
