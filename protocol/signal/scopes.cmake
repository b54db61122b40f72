#Scopes, customers and the machines of the signal channel.
target_sources(tocsin_protocol PRIVATE
               "${CMAKE_CURRENT_LIST_DIR}/customer.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/customer_table.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/heartbeat.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/lifecycle.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/lifetime.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/prefix.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/prefix_trie.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/rate_limit.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/relay_plan.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/scope.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/scope_index.cpp"
               "${CMAKE_CURRENT_LIST_DIR}/target_value.cpp")
