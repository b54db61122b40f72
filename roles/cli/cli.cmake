include_guard(GLOBAL)
# The command line. A library of its own, without CAF, so that its tests need
# neither actors nor a node.
include("${PROJECT_SOURCE_DIR}/actors/api.cmake")
tocsin_library(cli)
target_sources(tocsin_cli PRIVATE
  "${CMAKE_CURRENT_LIST_DIR}/answers.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/arguments.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/cli.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/data.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/data_arguments.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/data_orders.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/data_report.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/data_show.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/decisions.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/filters.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/handover.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/node_client.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/orders.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/reader.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/reports.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/show.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/table.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/words.cpp")
target_link_libraries(tocsin_cli PUBLIC tocsin::api tocsin::transports
                      PRIVATE tocsin::dep::cli11)
# g++ 12 at -O2 sees an overlap inside std::string (GCC bug 105651).
target_compile_options(tocsin_cli PRIVATE
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
