# tocsin_test(NAME SOURCES s... LIBRARIES l... [LABELS l...] [TIMEOUT s]
#             [ACTORS]):
# a GoogleTest program; every TEST in it becomes one ctest entry. ACTORS: its
# sources include CAF.
# LABELS slow: left out by `tools/test --quick`. netns: needs the right to make
# network namespaces.
if(TOCSIN_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  # Tests are many, small and run once: what they cost is their compilation.
  # So they share one precompiled header, and are not optimised; what they
  # test is. (The last -O counts, so these come behind tocsin_flags.)
  add_library(tocsin_test_flags INTERFACE)
  target_compile_options(tocsin_test_flags INTERFACE $<$<CONFIG:Release>:-O0>)
  target_link_libraries(tocsin_test_flags INTERFACE tocsin_flags GTest::gmock)
  # tocsin_test_header(NAME LIBRARIES... HEADERS h...): for programs, so it
  # is compiled like one.
  function(tocsin_test_header name)
    cmake_parse_arguments(arg "" "" "LIBRARIES;HEADERS" ${ARGN})
    add_library(${name} OBJECT "${CMAKE_BINARY_DIR}/test_header.cpp")
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIE)
    target_link_libraries(${name} PRIVATE tocsin_flags ${arg_LIBRARIES}
                          tocsin_test_flags)
    target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
  endfunction()
  if(TOCSIN_PCH)
    file(WRITE "${CMAKE_BINARY_DIR}/test_header.cpp" "")
    tocsin_test_header(tocsin_test_pch HEADERS <gmock/gmock.h>)
    tocsin_test_header(tocsin_actor_test_pch LIBRARIES tocsin::actors
                       HEADERS <caf/all.hpp> <gmock/gmock.h>)
  endif()
endif()

function(tocsin_test name)
  cmake_parse_arguments(arg "ACTORS" "TIMEOUT" "SOURCES;LIBRARIES;LABELS"
                        ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 30)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tocsin_flags ${arg_LIBRARIES}
                        tocsin_test_flags GTest::gtest_main)
  if(TOCSIN_PCH AND arg_ACTORS)
    target_precompile_headers(${name} REUSE_FROM tocsin_actor_test_pch)
  elseif(TOCSIN_PCH)
    target_precompile_headers(${name} REUSE_FROM tocsin_test_pch)
  endif()
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
