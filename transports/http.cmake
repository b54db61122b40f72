# HTTP/1.1 on Unix-domain sockets, for the operator API, and as a machine, for
# the data channel.
target_sources(tocsin_transports PRIVATE
  "${CMAKE_CURRENT_LIST_DIR}/http_server.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_socket.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_client.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_client_exchange.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_exchange.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_message.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_reader.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/http_writer.cpp")
target_link_libraries(tocsin_transports PRIVATE Boost::headers Threads::Threads)
