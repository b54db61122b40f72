# Build options, flags and the rules every target of ours obeys.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Programs meet in one directory: the node looks for its drivers beside itself.
set(TOCSIN_BIN "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

option(TOCSIN_BUILD_TESTS "Build the tests" ON)
option(TOCSIN_BUILD_BENCH "Build benchmark and load programs" ON)
option(TOCSIN_FUZZ "Build libFuzzer targets (needs clang)" OFF)
option(TOCSIN_PCH "Use precompiled headers" ON)
set(TOCSIN_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

add_library(tocsin_flags INTERFACE)
target_compile_options(tocsin_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
  $<$<CONFIG:Debug>:-O0 -g> $<$<CONFIG:Release>:-O2 -g1>)
target_include_directories(tocsin_flags INTERFACE "${PROJECT_SOURCE_DIR}")
if(TOCSIN_SANITIZE)
  # CAF 0.17 calls members through null on purpose: -fno-sanitize=null.
  target_compile_options(tocsin_flags INTERFACE
    -fsanitize=${TOCSIN_SANITIZE} -fno-sanitize=null,vptr
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tocsin_flags INTERFACE -fsanitize=${TOCSIN_SANITIZE})
endif()
if(TOCSIN_FUZZ)
  target_compile_options(tocsin_flags INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=null,vptr
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tocsin_flags INTERFACE -fsanitize=address,undefined)
endif()

# tocsin_library(NAME): a static library called tocsin_NAME, alias
# tocsin::NAME; its sources are added with target_sources() by the directory.
function(tocsin_library name)
  add_library(tocsin_${name} STATIC)
  add_library(tocsin::${name} ALIAS tocsin_${name})
  target_link_libraries(tocsin_${name} PUBLIC tocsin_flags)
endfunction()
