# Scopes, customers and the machines of the signal channel.
target_sources(tocsin_protocol PRIVATE
  "${CMAKE_CURRENT_LIST_DIR}/prefix.cpp")
