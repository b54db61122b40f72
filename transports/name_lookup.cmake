# Names to addresses, on a thread of its own.
target_sources(tocsin_transports PRIVATE name_lookup.cpp)
