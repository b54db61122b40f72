// tocsin-bench-libcoap: the least that answers a DOTS heartbeat, on libcoap's
// own loop and DTLS (GnuTLS) with mutual X.509 authentication. What tools/bench
// compares with.
#include <coap3/coap.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include <arpa/inet.h>

namespace {

volatile std::sig_atomic_t stopping = 0;

void on_put(coap_resource_t*, coap_session_t*, const coap_pdu_t*,
            const coap_string_t*, coap_pdu_t* response) {
  coap_pdu_set_code(response, COAP_RESPONSE_CODE_CHANGED);
}

bool set_credentials(coap_context_t* context, char** files) {
  coap_dtls_pki_t x{};
  x.version = COAP_DTLS_PKI_SETUP_VERSION;
  x.verify_peer_cert = 1;
  x.check_common_ca = 1;
  x.cert_chain_validation = 1;
  x.cert_chain_verify_depth = 3;
  x.pki_key.key_type = COAP_PKI_KEY_PEM;
  x.pki_key.key.pem.public_cert = files[0];
  x.pki_key.key.pem.private_key = files[1];
  x.pki_key.key.pem.ca_file = files[2];
  return coap_context_set_pki(context, &x) == 1;
}

bool listen_on(coap_context_t* context, std::uint16_t port) {
  coap_address_t x;
  coap_address_init(&x);
  x.size = sizeof x.addr.sin;
  x.addr.sin.sin_family = AF_INET;
  x.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  x.addr.sin.sin_port = htons(port);
  return coap_new_endpoint(context, &x, COAP_PROTO_DTLS) != nullptr;
}

void offer_heartbeat(coap_context_t* context) {
  auto* x = coap_resource_init(coap_make_str_const(".well-known/dots/hb"), 0);
  coap_register_request_handler(x, COAP_REQUEST_PUT, on_put);
  coap_add_resource(context, x);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: tocsin-bench-libcoap PORT CERTIFICATE KEY CA\n", stderr);
    return 2;
  }
  coap_startup();
  coap_set_log_level(LOG_ERR);
  coap_dtls_set_log_level(LOG_ERR);
  auto* context = coap_new_context(nullptr);
  if (context == nullptr || !set_credentials(context, argv + 2)
      || !listen_on(context, static_cast<std::uint16_t>(std::atoi(argv[1])))) {
    std::fputs("tocsin-bench-libcoap: cannot listen\n", stderr);
    return 1;
  }
  // Like ours: sessions last, and a few hundred may be in their handshake.
  coap_context_set_max_handshake_sessions(context, 256);
  offer_heartbeat(context);
  for (auto signal : {SIGTERM, SIGINT})
    std::signal(signal, [](int) { stopping = 1; });
  std::puts("ready");
  std::fflush(stdout);
  constexpr unsigned patience_ms = 100;
  while (stopping == 0)
    coap_io_process(context, patience_ms);
  coap_free_context(context);
  coap_cleanup();
  return 0;
}
