#include "roles/config/explain.hpp"
#include "roles/config/load.hpp"
#include "tests/support/temporary_directory.hpp"
#include "transports/crypto/certificate.hpp"
#include "transports/crypto/pki.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace tocsin::roles {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace crypto = transports::crypto;

/// A directory with an authority, two agents, and the samples beside them, as
/// the instructions in the samples tell to make it.
class files : public ::testing::Test {
protected:
  files() {
    EXPECT_TRUE(crypto::pki_init({.directory = pki()}));
    server = make(crypto::agent_type::server, "dots.example.net");
    client = make(crypto::agent_type::client, "client.example.com");
  }

  std::filesystem::path pki() const { return root.path() / "pki"; }

  crypto::issued make(crypto::agent_type type, const char* name) {
    auto made =
        crypto::pki_issue({.directory = pki(), .type = type, .name = name});
    EXPECT_TRUE(made);
    return *made;
  }

  loaded read_sample(const char* name) {
    auto from = std::filesystem::path{TOCSIN_SOURCE_DIR} / "configs" / name;
    std::filesystem::copy_file(from, root.path() / name);
    return read(root.path() / name);
  }

  std::string client_text(const std::string& cert, const std::string& key,
                          const std::string& ca) {
    return "[client]\ncertificate = \"" + cert + "\"\nkey = \"" + key
           + "\"\nca = \"" + ca
           + "\"\n[[client.upstream]]\nname = \"p\"\nserver = \"p.example\"\n";
  }
  loaded read_client(const std::string& cert, const std::string& key,
                     const std::string& ca = "pki/ca.pem") {
    return read(root.write("tocsin.toml", client_text(cert, key, ca)));
  }

  test::temporary_directory root;
  crypto::issued server, client;
};

TEST_F(files, the_sample_of_a_server_is_good_as_it_is) {
  auto x = read_sample("server.toml");
  EXPECT_THAT(x.report(), IsEmpty());
  ASSERT_TRUE(x.value.server);
  EXPECT_EQ(x.value.server->identity.certificate, server.certificate);
  EXPECT_THAT(explain(x.value), HasSubstr(server.fingerprint));
  EXPECT_THAT(explain(x.value), HasSubstr("CN=dots.example.net"));
}

TEST_F(files, the_sample_of_a_client_is_good_as_it_is) {
  auto x = read_sample("client.toml");
  EXPECT_THAT(x.report(), IsEmpty());
  ASSERT_TRUE(x.value.client);
  EXPECT_THAT(explain(x.value), HasSubstr("cuid " + client.cuid));
}

// An error when a node starts; until then it may come.
TEST_F(files, an_interface_that_is_not_there_leads_to_a_warning) {
  auto text = client_text("pki/client.example.com.pem",
                          "pki/client.example.com-key.pem", "pki/ca.pem");
  EXPECT_THAT(
      read(root.write("lo.toml", text + "interface = \"lo\"\n")).report(),
      IsEmpty());
  auto x = read(root.write("no.toml", text + "interface = \"nosuch0\"\n"));
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("no.toml:8:13: warning: 'interface' "
                                    "'nosuch0': there is no such interface; "
                                    "this machine has "));
  EXPECT_THAT(x.report(), HasSubstr("upstream 'p' is called through it"));
}

// MULTI-018
TEST_F(files, credentials_of_an_upstream_have_to_be_there) {
  auto text = client_text("pki/client.example.com.pem",
                          "pki/client.example.com-key.pem", "pki/ca.pem");
  auto x = read(
      root.write("own.toml", text
                                 + "certificate = \"pki/nobody.pem\"\n"
                                   "key = \"pki/client.example.com-key.pem\"\n"
                                   "ca = \"pki/ca.pem\"\n"));
  EXPECT_FALSE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("pki/nobody.pem"));
}

TEST_F(files, load_gives_the_configuration_or_the_report) {
  auto good =
      load(root.write("good.toml", client_text("pki/client.example.com.pem",
                                               "pki/client.example.com-key.pem",
                                               "pki/ca.pem")));
  ASSERT_TRUE(good) << to_string(good.error());
  EXPECT_EQ(good->client->identity.ca, pki() / "ca.pem");
  auto bad = load(root.write("bad.toml", "[clinet]\n"));
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().detail, HasSubstr("bad.toml:1:2: error: unknown key "
                                            "'clinet'"));
}

TEST_F(files, a_missing_configuration_file_is_an_error) {
  auto x = read(root.path() / "none.toml");
  EXPECT_FALSE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("none.toml: error: cannot be read: No such "
                                    "file"));
}

TEST_F(files, missing_credentials_are_errors_at_their_lines) {
  auto x = read_client("no.pem", "no-key.pem", "no-ca.pem");
  ASSERT_EQ(x.remarks.size(), 3u) << x.report();
  EXPECT_THAT(x.report(), HasSubstr(":2:15: error: 'certificate' '"
                                    + (root.path() / "no.pem").string()
                                    + "': No such file"));
  EXPECT_THAT(x.report(), HasSubstr(":3:7: error: 'key'"));
  EXPECT_THAT(x.report(), HasSubstr(":4:6: error: 'ca'"));
  EXPECT_THAT(x.report(), HasSubstr("`tocsin pki`"));
}

TEST_F(files, a_key_that_others_can_read_is_an_error) {
  for (mode_t mode : {0640u, 0604u, 0660u}) {
    ::chmod(client.key.c_str(), mode);
    auto x = read_client("pki/client.example.com.pem",
                         "pki/client.example.com-key.pem");
    ASSERT_EQ(x.remarks.size(), 1u) << x.report();
    EXPECT_FALSE(x.good());
    EXPECT_THAT(x.report(), HasSubstr("can be read or changed by others; chmod "
                                      "600"));
  }
}

TEST_F(files, a_key_of_another_certificate_is_an_error) {
  auto x =
      read_client("pki/client.example.com.pem", "pki/dots.example.net-key.pem");
  ASSERT_EQ(x.remarks.size(), 1u) << x.report();
  EXPECT_THAT(x.report(),
              HasSubstr(":3:7: error: 'key' does not belong to 'certificate'"));
}

TEST_F(files, files_that_hold_something_else_are_errors) {
  root.write("text.pem", "hello\n");
  auto x = read_client("text.pem", "text.pem", "text.pem");
  ASSERT_EQ(x.remarks.size(), 3u) << x.report();
  EXPECT_FALSE(x.good());
  EXPECT_THAT(x.remarks[0].message, HasSubstr("no certificate in PEM form"));
  EXPECT_THAT(x.remarks[1].message, HasSubstr("no private key in PEM form"));
}

TEST_F(files, an_authority_that_is_none_is_a_warning) {
  auto x =
      read_client("pki/client.example.com.pem",
                  "pki/client.example.com-key.pem", "pki/dots.example.net.pem");
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr(":4:6: warning: 'ca' does not hold"));
}

TEST_F(files, a_driver_must_be_a_program) {
  const std::string start =
      "[server]\ncertificate = \"pki/dots.example.net.pem\"\n"
      "key = \"pki/dots.example.net-key.pem\"\nca = \"pki/ca.pem\"\n"
      "[[server.customer]]\nname = \"c\"\nidentities = [\"c.example\"]\n"
      "prefixes = [\"192.0.2.0/24\"]\n[[server.mitigator]]\nname = \"m\"\n"
      "driver = \"./driver\"\n";
  auto file = root.write("tocsin.toml", start);
  EXPECT_THAT(read(file).report(), HasSubstr(":11:10: error: there is no "
                                             "driver"));
  root.write("driver", "#!/bin/sh\n", 0600);
  EXPECT_THAT(read(file).report(), HasSubstr("cannot be executed"));
  root.write("driver", "#!/bin/sh\n", 0700);
  EXPECT_THAT(read(file).report(), IsEmpty());
}

} // namespace
} // namespace tocsin::roles
