# Names to addresses, on a thread of its own.
target_sources(tocsin_transports PRIVATE name_lookup.cpp dns_query.cpp)
target_link_libraries(tocsin_transports PRIVATE resolv)
