include_guard(GLOBAL)
# The operator API between HTTP and values. A library of its own: it needs no
# CAF, so that its fuzzer and the command line need none either.
tocsin_library(api)
target_sources(tocsin_api PRIVATE
  "${CMAKE_CURRENT_LIST_DIR}/api.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/api_body.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/api_data.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/api_json.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/api_order.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/api_update.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/api_write.cpp")
target_link_libraries(tocsin_api PUBLIC tocsin::protocol)
