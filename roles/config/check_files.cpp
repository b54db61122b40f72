#include "roles/config/check.hpp"
#include "roles/config/values.hpp"
#include "transports/crypto/certificate.hpp"
#include "transports/interfaces.hpp"

#include <chrono>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

namespace tocsin::roles {

namespace {

namespace crypto = transports::crypto;

/// Reports what keeps a file from being used; `what` is its option.
void unusable(const std::filesystem::path& file, std::string_view what,
              const failure& why, context& c) {
  c.error(c.where(file).value_or(position{}),
          "'" + std::string{what} + "' " + in_quotes(file.string()) + ": "
              + why.detail,
          why.code == ec::not_found
              ? "`tocsin pki` makes certificates for a start"
              : "");
}

std::optional<crypto::certificate_facts>
read_certificate(const std::filesystem::path& file, std::string_view what,
                 context& c) {
  auto facts = crypto::read_certificate_file(file);
  if (!facts) {
    unusable(file, what, facts.error(), c);
    return {};
  }
  auto now =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  auto place = c.where(file).value_or(position{});
  if (facts->not_after < now)
    c.warn(place, "the certificate in '" + std::string{what}
                      + "' has expired; peers will refuse it");
  else if (facts->not_before > now)
    c.warn(place, "the certificate in '" + std::string{what}
                      + "' is not valid yet; peers will refuse it");
  return *facts;
}

void check_key(const identity_files& x,
               const std::optional<crypto::certificate_facts>& own,
               context& c) {
  auto place = c.where(x.key).value_or(position{});
  struct stat info {};
  if (::stat(x.key.c_str(), &info) == 0 && S_ISREG(info.st_mode)
      && (info.st_mode & (S_IRWXG | S_IRWXO)))
    c.error(place,
            "'key' " + in_quotes(x.key.string())
                + " can be read or changed by others",
            "chmod 600 it; if others had access, issue a new one");
  auto spki = crypto::spki_digest_of_key_pem_file(x.key);
  if (!spki)
    unusable(x.key, "key", spki.error(), c);
  else if (own && own->spki != *spki)
    c.error(place, "'key' does not belong to 'certificate'");
}

void check_identity(const identity_files& x, context& c) {
  // An option that is missing or no path has been reported already.
  std::optional<crypto::certificate_facts> own;
  if (c.where(x.certificate))
    own = read_certificate(x.certificate, "certificate", c);
  if (c.where(x.key))
    check_key(x, own, c);
  if (c.where(x.ca)) {
    auto ca = read_certificate(x.ca, "ca", c);
    if (ca && !ca->is_ca)
      c.warn(*c.where(x.ca), "'ca' does not hold the certificate of an "
                             "authority");
  }
  if (c.where(x.psk)) {
    struct stat info {};
    if (::stat(x.psk.c_str(), &info) != 0)
      c.error(*c.where(x.psk),
              "'psk' " + in_quotes(x.psk.string()) + " cannot be read");
    else if (S_ISREG(info.st_mode) && (info.st_mode & (S_IRWXG | S_IRWXO)))
      c.error(*c.where(x.psk),
              "'psk' " + in_quotes(x.psk.string())
                  + " can be read or changed by others",
              "chmod 600 it; if others had access, make new keys");
  }
  if (c.where(x.crl))
    if (auto text = crypto::read_text_file(x.crl, std::size_t{64} << 20); !text)
      unusable(x.crl, "crl", text.error(), c);
}

void check_driver(const mitigator_config& x, context& c) {
  auto place = c.where(x.driver);
  if (!place || x.built_in())
    return;
  struct stat info {};
  if (::stat(x.driver.c_str(), &info) != 0)
    c.error(*place, "there is no driver " + in_quotes(x.driver));
  else if (!S_ISREG(info.st_mode) || ::access(x.driver.c_str(), X_OK) != 0)
    c.error(*place,
            "the driver " + in_quotes(x.driver) + " cannot be executed");
}

/// A warning, for it may come and go while a node runs, whose operator needs
/// this file, too. A node refuses to start without.
void check_interface(const upstream_config& x, context& c) {
  auto place = c.where(x.interface);
  if (!place || !transports::is_interface_name(x.interface))
    return;
  if (auto ok = transports::check_interface(x.interface); !ok)
    c.warn(*place,
           "'interface' " + in_quotes(x.interface) + ": " + ok.error().detail,
           "upstream " + in_quotes(x.name)
               + " is called through it and no other; a node starts when it "
                 "is there");
}

} // namespace

void check_files(const config& x, context& c) {
  if (x.server) {
    check_identity(x.server->identity, c);
    for (const auto& one : x.server->mitigators)
      check_driver(one, c);
  }
  if (x.client) {
    check_identity(x.client->identity, c);
    for (const auto& one : x.client->upstreams) {
      check_identity(one.identity, c);
      check_interface(one, c);
      if (one.data)
        check_filter_file(*one.data, c);
    }
  }
}

} // namespace tocsin::roles
