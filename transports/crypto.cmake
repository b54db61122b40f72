# SHA-256, certificates and the small authority, by BoringSSL.
target_sources(tocsin_transports PRIVATE
  crypto/certificate.cpp crypto/digest.cpp crypto/new_file.cpp
  crypto/pki.cpp crypto/x509_build.cpp)
target_link_libraries(tocsin_transports PUBLIC tocsin::protocol
                      PRIVATE tocsin::dep::boringssl)
