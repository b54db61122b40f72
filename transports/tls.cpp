#include "transports/tls.hpp"

#include "transports/credential_io.hpp"
#include "transports/tls_native.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace tocsin::transports {

struct tls_association::impl : tls_session_context {
  std::chrono::seconds handshake_limit{};
  bssl::UniquePtr<SSL> ssl;
  state current = state::handshaking;
  std::string reason;
  peer_identity peer;
  std::optional<time_point> give_up;
  std::optional<saved_session> used; // client: goes back if it was good

  bytes input; // ciphertext not processed yet: from `taken` on
  std::size_t taken = 0;
  bytes output;
  bytes plaintext;

  void take(const tls_options& x);
  result<void> open(time_point now);
  void resume();
  void run();
  void shake();
  void established();
  void finished();
  void read();
  void fail_with(int status);
  void end(std::string why);
};

namespace {

template <class Impl>
Impl& self(BIO* bio) {
  return *static_cast<Impl*>(BIO_get_data(bio));
}

// The stream as BoringSSL sees it: two buffers of the association.
template <class Impl>
const BIO_METHOD* stream_method() {
  static const BIO_METHOD* method = [] {
    auto* x = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "tocsin stream");
    BIO_meth_set_create(x, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    BIO_meth_set_read(x, [](BIO* bio, char* out, int size) {
      BIO_clear_retry_flags(bio);
      auto& owner = self<Impl>(bio);
      auto ready = owner.input.size() - owner.taken;
      if (ready == 0 || size <= 0) {
        BIO_set_retry_read(bio);
        return -1;
      }
      auto count = std::min(ready, static_cast<std::size_t>(size));
      std::memcpy(out, owner.input.data() + owner.taken, count);
      owner.taken += count;
      return static_cast<int>(count);
    });
    BIO_meth_set_write(x, [](BIO* bio, const char* data, int size) {
      auto& out = self<Impl>(bio).output;
      out.insert(out.end(), data, data + size);
      return size;
    });
    BIO_meth_set_ctrl(x, [](BIO*, int command, long, void*) {
      return command == BIO_CTRL_FLUSH ? 1L : 0L;
    });
    return x;
  }();
  return method;
}

ssl_verify_result_t on_chain(SSL* ssl, std::uint8_t* alert) {
  auto& x = *static_cast<tls_session_context*>(SSL_get_app_data(ssl));
  x.verdict = verify_chain(*x.own, chain_of(SSL_get0_peer_certificates(ssl)),
                           x.server_name);
  *alert = x.verdict.alert;
  return x.verdict.good ? ssl_verify_ok : ssl_verify_invalid;
}

bool agreed_on(const SSL* ssl, std::string_view protocol) {
  const std::uint8_t* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return as_text(byte_view{name, size}) == protocol;
}

} // namespace

void tls_association::impl::take(const tls_options& x) {
  handshake_limit = x.handshake_limit;
  alpn = x.alpn;
  require_alpn = x.require_alpn;
  resumption = x.resumption;
}

result<void> tls_association::impl::open(time_point now) {
  ssl.reset(SSL_new(tls_of(*own).ctx.get()));
  auto* bio = BIO_new(stream_method<impl>());
  if (!ssl || !bio) {
    BIO_free(bio);
    return fail(ec::internal, "TLS", take_tls_error());
  }
  auto* x = ssl.get();
  BIO_set_data(bio, this);
  SSL_set_bio(x, bio, bio);
  SSL_set_app_data(x, static_cast<tls_session_context*>(this));
  SSL_set_custom_verify(x, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                        on_chain);
  SSL_set_renegotiate_mode(x, ssl_renegotiate_never);
  if (is_server() ? !resumption.tickets : !resumption.cache)
    SSL_set_options(x, SSL_OP_NO_TICKET);
  if (is_server()) {
    SSL_set_accept_state(x);
  } else {
    SSL_set_connect_state(x);
    if (!offer_protocol(x, alpn))
      return fail(ec::internal, "TLS", take_tls_error());
    if (!is_address_literal(server_name)
        && !SSL_set_tlsext_host_name(x, server_name.c_str()))
      return fail(ec::malformed, server_name, "not a name of a server");
    if (resumption.cache)
      resume();
  }
  give_up = now + handshake_limit;
  return {};
}

// Client: offers the association that was saved, if it is still good.
void tls_association::impl::resume() {
  auto saved = resumption.cache->take(resumption.key);
  if (!saved || saved->bound_to != resumption_binding(*own, server_name, "TLS")
      || (!saved->peer_chain.empty()
          && !verify_chain(*own, saved->peer_chain, server_name).good))
    return;
  bssl::UniquePtr<SSL_SESSION> session{SSL_SESSION_from_bytes(
      saved->state.data(), saved->state.size(), tls_of(*own).ctx.get())};
  if (!session || !SSL_set_session(ssl.get(), session.get()))
    return ERR_clear_error();
  verdict.good = !saved->peer_chain.empty();
  if (!SSL_SESSION_should_be_single_use(session.get()))
    used = std::move(saved);
}

void tls_association::impl::run() {
  ERR_clear_error();
  if (current == state::handshaking)
    shake();
  if (current == state::established)
    read();
  if (taken == input.size()) {
    input.clear();
    taken = 0;
  }
}

void tls_association::impl::shake() {
  auto status = SSL_do_handshake(ssl.get());
  if (status != 1)
    return fail_with(status);
  established();
}

void tls_association::impl::established() {
  auto* x = ssl.get();
  if (require_alpn && !agreed_on(x, alpn)) {
    SSL_shutdown(x);
    return end("the peer did not agree on the protocol " + std::string{alpn}
               + " by ALPN");
  }
  auto chain = chain_of(SSL_get0_peer_certificates(x));
  const char* identity = SSL_get_psk_identity(x);
  if (!chain.empty()) {
    // A resumed session of a server was judged as its ticket was opened; it
    // may take no other way in.
    if (SSL_session_reused(x))
      verdict = verify_chain(*own, chain, server_name);
    auto who = identify(chain.front());
    if (!verdict.good || !who) {
      SSL_shutdown(x);
      return end(verdict.good ? to_string(who.error()) : verdict.reason);
    }
    peer = *std::move(who);
  } else if (identity && own->psks().find(identity)) {
    peer.psk_identity = identity;
  } else {
    SSL_shutdown(x);
    return end("the peer presented no certificate");
  }
  current = state::established;
  if (!SSL_in_init(x))
    finished();
}

// The peer's Finished is verified; after a False Start only now.
void tls_association::impl::finished() {
  give_up.reset();
  if (used && !got_ticket && SSL_session_reused(ssl.get()))
    resumption.cache->put(resumption.key, *std::move(used));
  used.reset();
}

void tls_association::impl::read() {
  std::array<std::uint8_t, 16384> text;
  while (plaintext.size() < max_waiting_plaintext) {
    auto size = SSL_read(ssl.get(), text.data(), text.size());
    if (give_up && !SSL_in_init(ssl.get()))
      finished();
    if (size <= 0)
      return fail_with(size);
    plaintext.insert(plaintext.end(), text.begin(), text.begin() + size);
  }
}

void tls_association::impl::fail_with(int status) {
  switch (SSL_get_error(ssl.get(), status)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
    return;
  case SSL_ERROR_ZERO_RETURN:
    SSL_shutdown(ssl.get());
    return end({});
  default:
    break;
  }
  auto why = take_tls_error();
  if (!verdict.good && !verdict.reason.empty())
    why = verdict.reason;
  else if (why == "peer did not return a certificate")
    why = "the peer presented no certificate";
  else if (auto at = why.find("alert "); at != why.npos)
    why = "the peer refused: " + why.substr(at + 6);
  end(std::move(why));
}

void tls_association::impl::end(std::string why) {
  current = state::closed;
  reason = std::move(why);
  give_up.reset();
  input = {};
  taken = 0;
  ERR_clear_error();
}

tls_association::tls_association(std::unique_ptr<impl> x)
    : impl_{std::move(x)} {}

tls_association::~tls_association() = default;

result<std::unique_ptr<tls_association>>
tls_association::server(std::shared_ptr<const transports::credentials> own,
                        const tls_options& options, time_point now) {
  auto x = std::make_unique<impl>();
  x->own = std::move(own);
  x->take(options);
  if (auto opened = x->open(now); !opened)
    return opened.error();
  return std::unique_ptr<tls_association>{new tls_association{std::move(x)}};
}

result<std::unique_ptr<tls_association>>
tls_association::client(std::shared_ptr<const transports::credentials> own,
                        std::string_view server_name,
                        const tls_options& options, time_point now) {
  if (server_name.empty())
    return fail(ec::missing, "server name",
                "without it the server cannot be authenticated");
  if (auto usable = check_client(*own); !usable)
    return usable.error();
  auto x = std::make_unique<impl>();
  x->own = std::move(own);
  x->server_name = server_name;
  x->take(options);
  if (auto opened = x->open(now); !opened)
    return opened.error();
  x->run();
  return std::unique_ptr<tls_association>{new tls_association{std::move(x)}};
}

void tls_association::receive(byte_view octets, time_point) {
  auto& x = *impl_;
  if (x.current == state::closed)
    return;
  if (x.input.size() - x.taken + octets.size() > max_waiting_input)
    return x.end("what was received is not read");
  x.input.erase(x.input.begin(),
                x.input.begin() + static_cast<std::ptrdiff_t>(x.taken));
  x.taken = 0;
  x.input.insert(x.input.end(), octets.begin(), octets.end());
  x.run();
}

void tls_association::end_of_stream() {
  if (impl_->current != state::closed)
    impl_->end("the peer ended the stream without a goodbye");
}

result<void> tls_association::send(byte_view plaintext) {
  auto& x = *impl_;
  if (x.current != state::established)
    return fail(ec::closed, "TLS", "no association is established");
  if (plaintext.empty())
    return fail(ec::out_of_range, "message", "it is empty");
  if (plaintext.size() > max_message)
    return fail(ec::too_large, "message",
                std::to_string(plaintext.size()) + " octets, at most "
                    + std::to_string(max_message) + " are sent at once");
  if (x.output.size() > max_waiting_output)
    return fail(ec::unavailable, "TLS", "the peer does not read");
  ERR_clear_error();
  auto sent = SSL_write(x.ssl.get(), plaintext.data(),
                        static_cast<int>(plaintext.size()));
  if (sent == static_cast<int>(plaintext.size()))
    return {};
  auto why = take_tls_error();
  x.end(why);
  return fail(ec::io, "TLS", why);
}

bool tls_association::next_datagram(bytes& out) {
  if (impl_->output.empty())
    return false;
  out = std::exchange(impl_->output, {});
  return true;
}

bool tls_association::next_plaintext(bytes& out) {
  auto& x = *impl_;
  if (x.plaintext.empty() && x.current == state::established)
    x.run();
  if (x.plaintext.empty())
    return false;
  out = std::exchange(x.plaintext, {});
  return true;
}

void tls_association::close() {
  auto& x = *impl_;
  if (x.current == state::closed)
    return;
  ERR_clear_error();
  if (x.current == state::established)
    SSL_shutdown(x.ssl.get());
  x.end({});
}

tls_association::state tls_association::current() const noexcept {
  return impl_->current;
}

const std::string& tls_association::failure_reason() const noexcept {
  return impl_->reason;
}

std::optional<time_point> tls_association::next_deadline() const noexcept {
  return impl_->give_up;
}

void tls_association::on_time(time_point now) {
  auto& x = *impl_;
  if (x.give_up && now >= *x.give_up)
    x.end("the handshake did not end in time");
}

const peer_identity& tls_association::peer() const noexcept {
  return impl_->peer;
}

std::string_view tls_association::protocol() const noexcept {
  return SSL_version(impl_->ssl.get()) == TLS1_2_VERSION ? "TLS 1.2"
                                                         : "TLS 1.3";
}

bool tls_association::resumed() const noexcept {
  return impl_->current == state::established
         && SSL_session_reused(impl_->ssl.get());
}

bool tls_association::wants_input() const noexcept {
  return impl_->current != state::closed && impl_->plaintext.empty();
}

} // namespace tocsin::transports
