#include "transports/crypto/pki.hpp"

#include "tests/support/temporary_directory.hpp"
#include "transports/crypto/certificate.hpp"

#include <gmock/gmock.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <gtest/gtest.h>

#include <chrono>

#include <sys/stat.h>

namespace tocsin::transports::crypto {
namespace {

using ::testing::ElementsAre;

mode_t mode_of(const std::filesystem::path& file) {
  struct stat info {};
  EXPECT_EQ(::stat(file.c_str(), &info), 0) << file;
  return info.st_mode & 07777;
}

/// A certificate as the other library sees it: what peers use to check ours.
class gnutls_certificate {
public:
  explicit gnutls_certificate(const std::filesystem::path& file) {
    gnutls_x509_crt_init(&handle);
    gnutls_datum_t pem{};
    EXPECT_EQ(gnutls_load_file(file.c_str(), &pem), 0);
    EXPECT_EQ(gnutls_x509_crt_import(handle, &pem, GNUTLS_X509_FMT_PEM), 0);
    gnutls_free(pem.data);
  }
  ~gnutls_certificate() { gnutls_x509_crt_deinit(handle); }
  gnutls_certificate(const gnutls_certificate&) = delete;
  gnutls_certificate& operator=(const gnutls_certificate&) = delete;

  std::string alternative_name(unsigned index, unsigned* kind) const {
    char text[256]{};
    std::size_t size = sizeof text;
    int type = gnutls_x509_crt_get_subject_alt_name(handle, index, text, &size,
                                                    nullptr);
    if (type < 0)
      return {};
    *kind = static_cast<unsigned>(type);
    return {text, size};
  }
  /// An SRV-ID (RFC 4985): some releases of GnuTLS know the type and return
  /// the text, older ones return the IA5String as it stands in the certificate.
  bool is_service(unsigned index) const {
    char oid[64]{};
    std::size_t size = sizeof oid;
    return gnutls_x509_crt_get_subject_alt_othername_oid(handle, index, oid,
                                                         &size)
               >= 0
           && std::string_view{oid} == "1.3.6.1.5.5.7.8.7";
  }
  static std::string plain(std::string text) {
    constexpr char ia5_string = 0x16;
    return text.starts_with(ia5_string) ? text.substr(2) : text;
  }
  bool has_usage(std::string_view oid) const {
    for (unsigned i = 0;; ++i) {
      char text[128]{};
      std::size_t size = sizeof text;
      unsigned critical = 0;
      if (gnutls_x509_crt_get_key_purpose_oid(handle, i, text, &size, &critical)
          < 0)
        return false;
      if (oid == text)
        return true;
    }
  }
  bytes serial() const {
    bytes out(64);
    std::size_t size = out.size();
    EXPECT_EQ(gnutls_x509_crt_get_serial(handle, out.data(), &size), 0);
    out.resize(size);
    return out;
  }

  gnutls_x509_crt_t handle{};
};

/// The verdict of GnuTLS on a chain of one: 0 is trust.
unsigned verdict(const std::filesystem::path& ca,
                 const std::filesystem::path& cert, const char* purpose,
                 const char* name) {
  gnutls_x509_trust_list_t list{};
  gnutls_x509_trust_list_init(&list, 0);
  EXPECT_EQ(gnutls_x509_trust_list_add_trust_file(list, ca.c_str(), nullptr,
                                                  GNUTLS_X509_FMT_PEM, 0, 0),
            1);
  gnutls_certificate leaf{cert};
  gnutls_typed_vdata_st wanted[2]{};
  wanted[0].type = GNUTLS_DT_KEY_PURPOSE_OID;
  wanted[0].data = reinterpret_cast<unsigned char*>(const_cast<char*>(purpose));
  wanted[1].type = GNUTLS_DT_DNS_HOSTNAME;
  wanted[1].data = reinterpret_cast<unsigned char*>(const_cast<char*>(name));
  unsigned status = 0;
  EXPECT_EQ(gnutls_x509_trust_list_verify_crt2(
                list, &leaf.handle, 1, wanted, name ? 2 : 1,
                GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM), &status,
                nullptr),
            0);
  gnutls_x509_trust_list_deinit(list, 1);
  return status;
}

class pki : public ::testing::Test {
protected:
  std::filesystem::path directory() const { return root.path() / "pki"; }

  issued init() {
    auto made = pki_init({.directory = directory(), .name = "Example CA"});
    EXPECT_TRUE(made) << to_string(made.error());
    return *made;
  }
  result<issued> issue(agent_type type, std::string name) {
    return pki_issue(
        {.directory = directory(), .type = type, .name = std::move(name)});
  }

  test::temporary_directory root;
};

TEST_F(pki, a_server_certificate_is_trusted_by_gnutls_for_its_name_only) {
  auto ca = init();
  auto made = issue(agent_type::server, "dots.example.net");
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_EQ(verdict(ca.certificate, made->certificate, GNUTLS_KP_TLS_WWW_SERVER,
                    "dots.example.net"),
            0u);
  EXPECT_NE(verdict(ca.certificate, made->certificate, GNUTLS_KP_TLS_WWW_SERVER,
                    "other.example.net"),
            0u);
  EXPECT_NE(verdict(ca.certificate, made->certificate, GNUTLS_KP_TLS_WWW_CLIENT,
                    nullptr),
            0u);
}

TEST_F(pki, a_client_certificate_is_trusted_by_gnutls_as_client_only) {
  auto ca = init();
  auto made = issue(agent_type::client, "client.example.com");
  ASSERT_TRUE(made);
  EXPECT_EQ(verdict(ca.certificate, made->certificate, GNUTLS_KP_TLS_WWW_CLIENT,
                    nullptr),
            0u);
  EXPECT_NE(verdict(ca.certificate, made->certificate, GNUTLS_KP_TLS_WWW_SERVER,
                    nullptr),
            0u);
}

TEST_F(pki, a_gateway_certificate_serves_and_calls) {
  init();
  auto made = issue(agent_type::both, "gateway.example.com");
  ASSERT_TRUE(made);
  gnutls_certificate cert{made->certificate};
  EXPECT_TRUE(cert.has_usage(GNUTLS_KP_TLS_WWW_SERVER));
  EXPECT_TRUE(cert.has_usage(GNUTLS_KP_TLS_WWW_CLIENT));
}

TEST_F(pki, a_foreign_authority_is_not_trusted) {
  init();
  auto made = issue(agent_type::client, "client.example.com");
  ASSERT_TRUE(made);
  auto other = pki_init({.directory = root.path() / "other"});
  ASSERT_TRUE(other);
  EXPECT_NE(verdict(other->certificate, made->certificate,
                    GNUTLS_KP_TLS_WWW_CLIENT, nullptr),
            0u);
}

// SIG-332, SIG-333
TEST_F(pki, a_server_certificate_bears_dns_ids_srv_ids_and_addresses) {
  init();
  auto made = pki_issue({.directory = directory(),
                         .type = agent_type::server,
                         .name = "dots.example.net",
                         .dns_names = {"DOTS2.example.net"},
                         .addresses = {"192.0.2.1", "2001:db8::1"}});
  ASSERT_TRUE(made) << to_string(made.error());
  gnutls_certificate cert{made->certificate};
  std::vector<std::string> domains;
  std::vector<std::string> services;
  for (unsigned i = 0, kind = 0;; ++i) {
    auto text = cert.alternative_name(i, &kind);
    if (text.empty())
      break;
    if (kind == GNUTLS_SAN_DNSNAME)
      domains.push_back(text);
    else if (cert.is_service(i))
      services.push_back(gnutls_certificate::plain(text));
  }
  EXPECT_THAT(domains, ElementsAre("dots.example.net", "dots2.example.net"));
  EXPECT_THAT(services, ElementsAre("_dots-signal.dots.example.net",
                                    "_dots-signal.dots2.example.net"));
  auto facts = read_certificate_file(made->certificate);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->dns_names, domains);
  EXPECT_THAT(facts->addresses, ElementsAre("192.0.2.1", "2001:db8::1"));
  EXPECT_EQ(facts->common_name, "dots.example.net");
  EXPECT_EQ(facts->subject, "CN=dots.example.net");
  EXPECT_FALSE(facts->is_ca);
}

TEST_F(pki, the_authority_may_sign_and_its_agents_may_not) {
  auto ca = init();
  auto made = issue(agent_type::client, "client.example.com");
  ASSERT_TRUE(made);
  unsigned critical = 0;
  unsigned usage = 0;
  gnutls_certificate top{ca.certificate};
  EXPECT_EQ(gnutls_x509_crt_get_ca_status(top.handle, &critical), 1);
  EXPECT_EQ(critical, 1u);
  EXPECT_EQ(gnutls_x509_crt_get_key_usage(top.handle, &usage, &critical), 0);
  EXPECT_EQ(usage, static_cast<unsigned>(GNUTLS_KEY_KEY_CERT_SIGN
                                         | GNUTLS_KEY_CRL_SIGN));
  gnutls_certificate leaf{made->certificate};
  EXPECT_EQ(gnutls_x509_crt_get_ca_status(leaf.handle, &critical), 0);
  EXPECT_EQ(gnutls_x509_crt_get_key_usage(leaf.handle, &usage, &critical), 0);
  EXPECT_EQ(usage, static_cast<unsigned>(GNUTLS_KEY_DIGITAL_SIGNATURE));
  bytes subject_key(64), authority_key(64);
  std::size_t size = 64;
  EXPECT_EQ(gnutls_x509_crt_get_subject_key_id(top.handle, subject_key.data(),
                                               &size, nullptr),
            0);
  size = 64;
  EXPECT_EQ(gnutls_x509_crt_get_authority_key_id(
                leaf.handle, authority_key.data(), &size, nullptr),
            0);
  EXPECT_EQ(subject_key, authority_key);
}

// SIG-052, SIG-054
TEST_F(pki, the_cuid_is_the_one_that_gnutls_computes_from_the_public_key) {
  init();
  auto made = issue(agent_type::client, "client.example.com");
  ASSERT_TRUE(made);
  gnutls_certificate cert{made->certificate};
  gnutls_pubkey_t key{};
  gnutls_pubkey_init(&key);
  ASSERT_EQ(gnutls_pubkey_import_x509(key, cert.handle, 0), 0);
  gnutls_datum_t der{};
  ASSERT_EQ(gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der), 0);
  sha256_digest digest{};
  gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data, der.size, digest.data());
  gnutls_free(der.data);
  gnutls_pubkey_deinit(key);
  EXPECT_EQ(made->cuid, cuid_of(digest));
  auto from_cert = spki_digest_of_certificate_pem_file(made->certificate);
  auto from_key = spki_digest_of_key_pem_file(made->key);
  ASSERT_TRUE(from_cert && from_key);
  EXPECT_EQ(*from_cert, digest);
  EXPECT_EQ(*from_key, digest);
}

TEST_F(pki, the_fingerprint_is_the_one_that_gnutls_computes) {
  auto ca = init();
  gnutls_certificate cert{ca.certificate};
  bytes digest(32);
  std::size_t size = digest.size();
  ASSERT_EQ(gnutls_x509_crt_get_fingerprint(cert.handle, GNUTLS_DIG_SHA256,
                                            digest.data(), &size),
            0);
  EXPECT_EQ(ca.fingerprint, "sha256:" + to_hex(digest));
}

TEST_F(pki, keys_are_for_their_owner_only_whatever_the_umask) {
  auto before = ::umask(0);
  auto ca = init();
  auto made = issue(agent_type::client, "client.example.com");
  ::umask(before);
  ASSERT_TRUE(made);
  EXPECT_EQ(mode_of(directory()), 0700u);
  EXPECT_EQ(mode_of(ca.key), 0600u);
  EXPECT_EQ(mode_of(made->key), 0600u);
  EXPECT_EQ(mode_of(made->certificate), 0644u);
}

TEST_F(pki, nothing_is_ever_overwritten) {
  auto ca = init();
  auto before = read_text_file(ca.key);
  auto again = pki_init({.directory = directory()});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ec::conflict);
  EXPECT_EQ(*read_text_file(ca.key), *before);
  ASSERT_TRUE(issue(agent_type::client, "client.example.com"));
  auto twice = issue(agent_type::server, "Client.example.com");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ec::conflict);
  auto shadow = issue(agent_type::client, "ca"); // would be ca.pem
  ASSERT_FALSE(shadow);
  EXPECT_EQ(shadow.error().code, ec::conflict);
}

TEST_F(pki, a_dangling_link_in_the_place_of_a_key_is_refused) {
  init();
  auto target = root.path() / "elsewhere";
  std::filesystem::create_symlink(target,
                                  directory() / "client.example.com-key.pem");
  EXPECT_FALSE(issue(agent_type::client, "client.example.com"));
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_FALSE(std::filesystem::exists(directory() / "client.example.com.pem"));
}

TEST_F(pki, a_directory_that_others_can_write_is_refused) {
  std::filesystem::create_directory(directory());
  ::chmod(directory().c_str(), 0777);
  auto made = pki_init({.directory = directory()});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ec::unauthorized);
}

TEST_F(pki, names_that_are_no_dns_names_are_refused) {
  init();
  for (const char* name :
       {"", "../escape", "a/b", "two words", "-a.example", "a-.example", "a..b",
        ".a", "a.", "*.example.com", "caf\xC3\xA9.example",
        "sixty-four-characters-or-more-make-no-label-because-63-is-the-"
        "limit"}) {
    auto made = issue(agent_type::client, name);
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code, ec::out_of_range) << name;
  }
  EXPECT_FALSE(pki_issue(
      {.directory = directory(), .name = "a.example", .dns_names = {"*"}}));
  EXPECT_FALSE(pki_issue({.directory = directory(),
                          .name = "a.example",
                          .addresses = {"192.0.2.256"}}));
}

TEST_F(pki, without_an_authority_nothing_can_be_issued) {
  auto made = issue(agent_type::client, "client.example.com");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ec::not_found);
  EXPECT_NE(made.error().detail.find("tocsin pki init"), std::string::npos);
}

TEST_F(pki, the_key_of_another_authority_is_noticed) {
  auto ca = init();
  auto other = pki_init({.directory = root.path() / "other"});
  ASSERT_TRUE(other);
  std::filesystem::copy_file(other->key, ca.key,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_FALSE(issue(agent_type::client, "client.example.com"));
}

TEST_F(pki, validity_is_as_ordered_and_never_outlives_the_authority) {
  auto now =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  auto ca = pki_init({.directory = directory(), .days = 30});
  ASSERT_TRUE(ca);
  EXPECT_NEAR(static_cast<double>(ca->not_after - now), 30 * 86400.0, 60.0);
  auto capped = issue(agent_type::client, "long.example.com");
  ASSERT_TRUE(capped);
  EXPECT_EQ(capped->not_after, ca->not_after);
  auto shorter = pki_issue(
      {.directory = directory(), .name = "short.example.com", .days = 7});
  ASSERT_TRUE(shorter);
  EXPECT_NEAR(static_cast<double>(shorter->not_after - now), 7 * 86400.0, 60.0);
  auto facts = read_certificate_file(shorter->certificate);
  ASSERT_TRUE(facts);
  EXPECT_NEAR(static_cast<double>(now - facts->not_before), 3600.0, 60.0);
  EXPECT_FALSE(pki_init({.directory = root.path() / "none", .days = 0}));
}

TEST_F(pki, serial_numbers_are_random_and_positive) {
  init();
  auto one = issue(agent_type::client, "one.example.com");
  auto two = issue(agent_type::client, "two.example.com");
  ASSERT_TRUE(one && two);
  auto first = gnutls_certificate{one->certificate}.serial();
  auto second = gnutls_certificate{two->certificate}.serial();
  EXPECT_NE(first, second);
  EXPECT_EQ(first.size(), 16u);
  EXPECT_LT(first[0], 0x80);
}

TEST(certificate, broken_input_is_malformed_and_never_more) {
  for (std::string_view text :
       {"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    auto facts = read_certificate_pem(text);
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code, ec::malformed);
  }
  EXPECT_FALSE(read_certificate_der({}));
  EXPECT_FALSE(read_certificate_der(as_octets("\x30\x03\x02\x01")));
}

TEST(certificate, files_that_are_missing_or_too_large_have_a_reason) {
  test::temporary_directory root;
  auto none = read_certificate_file(root.path() / "none.pem");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ec::not_found);
  EXPECT_EQ(read_text_file(root.path()).error().code, ec::io);
  auto file = root.write("large", "12345");
  EXPECT_EQ(read_text_file(file, 4).error().code, ec::too_large);
  EXPECT_EQ(*read_text_file(file, 5), "12345");
}

} // namespace
} // namespace tocsin::transports::crypto
