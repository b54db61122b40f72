target_sources(tocsin_transports PRIVATE
  "${CMAKE_CURRENT_LIST_DIR}/child_process.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/child_process_spawn.cpp")
