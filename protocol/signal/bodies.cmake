# Bodies, requests and responses of the signal channel.
foreach(source body codec codec_decoder cuid json json_writer request
               response uri validate)
  target_sources(tocsin_protocol PRIVATE
    "${CMAKE_CURRENT_LIST_DIR}/${source}.cpp")
endforeach()
