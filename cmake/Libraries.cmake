# Everything comes from Debian 12 packages; tools/setup installs them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(coap REQUIRED IMPORTED_TARGET libcoap-3-notls>=4.3.1)
pkg_check_modules(cbor REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson>=3.0)
pkg_check_modules(gnutls REQUIRED IMPORTED_TARGET gnutls>=3.7)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(nftables REQUIRED IMPORTED_TARGET libnftables)
pkg_check_modules(spdlog REQUIRED IMPORTED_TARGET spdlog)
find_package(Boost 1.74 REQUIRED)

include(FindSystemLibrary)
# CAF 0.17 ships no CMake package. Its TLS stays out, which would bring OpenSSL;
# its I/O joins siblings, and nobody else may use it (docs/adr/0008).
tocsin_find(caf HEADER caf/all.hpp LIBRARIES caf_core)
tocsin_find(caf_io HEADER caf/io/all.hpp LIBRARIES caf_io)
tocsin_find(sqlitecpp HEADER SQLiteCpp/SQLiteCpp.h LIBRARIES SQLiteCpp)
target_link_libraries(tocsin_dep_sqlitecpp INTERFACE PkgConfig::sqlite3)
tocsin_find(tomlplusplus HEADER toml++/toml.h)
tocsin_find(cli11 HEADER CLI/CLI.hpp)
# BoringSSL must never meet OpenSSL in one process (docs/adr/0001).
tocsin_find(boringssl HEADER openssl/base.h LIBRARIES ssl crypto
            SUFFIX android)
