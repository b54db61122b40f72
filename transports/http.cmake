# HTTP/1.1 on Unix-domain sockets, for the operator API.
target_sources(tocsin_transports PRIVATE
  "${CMAKE_CURRENT_LIST_DIR}/http_server.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_socket.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_client.cpp")
target_link_libraries(tocsin_transports PRIVATE Boost::headers Threads::Threads)
