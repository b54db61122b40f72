#include "transports/ticket_keys.hpp"

#include "transports/credential_io.hpp"
#include "transports/crypto/digest.hpp"
#include "transports/crypto/new_file.hpp"

#include <openssl/aead.h>
#include <openssl/digest.h>
#include <openssl/err.h>
#include <openssl/hkdf.h>
#include <openssl/mem.h>

#include <algorithm>

namespace tocsin::transports {

namespace {

constexpr std::size_t name_size = 4; // the period's number
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
static_assert(name_size + nonce_size + tag_size == ticket_keys::overhead);

std::uint32_t period_of(unix_seconds now) {
  return static_cast<std::uint32_t>(now / ticket_period.count());
}

bool start(bssl::ScopedEVP_AEAD_CTX& context, bytes& key) {
  auto good = EVP_AEAD_CTX_init(context.get(), EVP_aead_aes_256_gcm(),
                                key.data(), key.size(), tag_size, nullptr);
  wipe(key);
  return good == 1;
}

result<std::shared_ptr<const ticket_keys>>
load(const std::filesystem::path& file) {
  auto content = read_credential_file(file, "secret for session tickets");
  if (!content)
    return content.error();
  if (auto secret = check_secrecy(file, "secret for session tickets"); !secret)
    return secret.error();
  if (content->size() != ticket_keys::master_size)
    return fail(ec::malformed, file.string(),
                "expected 64 random octets; remove the file to get a new one");
  std::array<std::uint8_t, ticket_keys::master_size> master;
  std::ranges::copy(*content, master.begin());
  wipe(*content);
  auto out = std::make_shared<const ticket_keys>(master);
  OPENSSL_cleanse(master.data(), master.size());
  return out;
}

} // namespace

ticket_keys::ticket_keys(const std::array<std::uint8_t, master_size>& master)
    : master_{master} {}

ticket_keys::~ticket_keys() {
  OPENSSL_cleanse(master_.data(), master_.size());
}

std::shared_ptr<const ticket_keys> ticket_keys::random() {
  std::array<std::uint8_t, master_size> master;
  crypto::fill_random(master);
  auto out = std::make_shared<const ticket_keys>(master);
  OPENSSL_cleanse(master.data(), master.size());
  return out;
}

result<std::shared_ptr<const ticket_keys>>
ticket_keys::load_or_create(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    auto master = crypto::random_bytes(master_size);
    auto made = crypto::write_new_file(file, as_text(master), 0600);
    wipe(master);
    // Another node may have been faster: then its secret is ours.
    if (!made && made.error().code != ec::conflict)
      return made.error();
  }
  return load(file);
}

bytes ticket_keys::derive(std::string_view label, byte_view context,
                          std::size_t size) const {
  bytes info(label.begin(), label.end());
  info.push_back(0);
  info.insert(info.end(), context.begin(), context.end());
  bytes out(size);
  if (!HKDF(out.data(), out.size(), EVP_sha256(), master_.data(),
            master_.size(), nullptr, 0, info.data(), info.size()))
    crypto::fill_random(out); // out of memory: tickets that nobody can read
  return out;
}

bytes ticket_keys::dtls_key(byte_view context) const {
  return derive("tocsin dtls tickets", context, master_size);
}

bytes ticket_keys::period_key(byte_view context, std::uint32_t period) const {
  bytes all(context.begin(), context.end());
  for (int shift : {24, 16, 8, 0})
    all.push_back(static_cast<std::uint8_t>(period >> shift));
  return derive("tocsin tls tickets", all, 32);
}

bytes ticket_keys::seal(byte_view text, byte_view context,
                        unix_seconds now) const {
  auto period = period_of(now);
  auto key = period_key(context, period);
  bytes out;
  out.reserve(text.size() + overhead);
  for (int shift : {24, 16, 8, 0})
    out.push_back(static_cast<std::uint8_t>(period >> shift));
  auto nonce = crypto::random_bytes(nonce_size);
  out.insert(out.end(), nonce.begin(), nonce.end());
  out.resize(text.size() + overhead);
  bssl::ScopedEVP_AEAD_CTX aead;
  std::size_t size = 0;
  if (!start(aead, key)
      || !EVP_AEAD_CTX_seal(aead.get(), out.data() + name_size + nonce_size,
                            &size, text.size() + tag_size, nonce.data(),
                            nonce.size(), text.data(), text.size(), out.data(),
                            name_size))
    return {};
  return out;
}

std::optional<bytes> ticket_keys::open(byte_view ticket, byte_view context,
                                       unix_seconds now) const {
  if (ticket.size() < overhead)
    return std::nullopt;
  auto period = std::uint32_t{ticket[0]} << 24 | ticket[1] << 16
                | ticket[2] << 8 | ticket[3];
  auto current = period_of(now);
  if (period != current && period + 1 != current)
    return std::nullopt;
  auto key = period_key(context, period);
  auto body = ticket.subspan(name_size + nonce_size);
  bytes out(body.size());
  bssl::ScopedEVP_AEAD_CTX aead;
  std::size_t size = 0;
  if (!start(aead, key)
      || !EVP_AEAD_CTX_open(aead.get(), out.data(), &size, out.size(),
                            ticket.data() + name_size, nonce_size, body.data(),
                            body.size(), ticket.data(), name_size)) {
    ERR_clear_error(); // of no concern to the handshake that goes on
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

} // namespace tocsin::transports
