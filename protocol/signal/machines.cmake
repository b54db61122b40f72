# Machines and decisions that sessions and roles are built from.
foreach(source address_translation attack_watch config_client conflict
               drop_rates escalation happy_eyeballs hop_limit
               mid_source nat64 nptv6 redirect
               session_config server_choice signal_watch split_request)
  if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/${source}.cpp")
    target_sources(tocsin_protocol PRIVATE
      "${CMAKE_CURRENT_LIST_DIR}/${source}.cpp")
  endif()
endforeach()
