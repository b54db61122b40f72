#include "tests/https/https_fixture.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>

namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

/// An independent HTTP and TLS, in a process of its own.
class curl_test : public https_fixture {
protected:
  struct outcome {
    int status = -1; ///< of curl
    std::string text;
  };

  void SetUp() override {
    if (std::system("curl --version >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "there is no curl";
  }

  std::string with_certificate() const {
    return "--cert " + client_files.certificate.string() + " --key "
           + client_files.key.string() + ' ';
  }

  outcome curl(const std::string& arguments) {
    auto command = "curl --silent --show-error --max-time 20 --noproxy '*' "
                   "--cacert "
                   + client_files.trust.string() + ' ' + arguments + " 2>&1";
    outcome x;
    auto* pipe = ::popen(command.c_str(), "r");
    if (!pipe)
      return x;
    std::array<char, 65536> buffer;
    while (auto size = std::fread(buffer.data(), 1, buffer.size(), pipe))
      x.text.append(buffer.data(), size);
    auto status = ::pclose(pipe);
    x.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return x;
  }

  std::string url(const std::string& path) const {
    return "https://localhost:" + port + path;
  }

  std::string body_of(std::size_t size) {
    return '@' + directory.write("body", std::string(size, 'x')).string();
  }
};

// DATA-003, REST-001, REST-004, REST-005
TEST_F(curl_test, curl_is_served_over_both_versions_of_tls) {
  start();
  for (std::string version : {"--tlsv1.2 --tls-max 1.2 ", "--tlsv1.3 "}) {
    auto x = curl(with_certificate() + version + "-i --http1.1 "
                  + url("/restconf/data?depth=2"));
    EXPECT_EQ(x.status, 0) << x.text;
    EXPECT_THAT(x.text, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                              HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:"),
                              EndsWith("acme GET /restconf/data?depth=2 0")));
  }
}

// DATA-012: curl says how many connections it has made.
TEST_F(curl_test, one_connection_serves_several_requests) {
  start();
  auto x = curl(with_certificate() + "-w ' %{num_connects} '  " + url("/1")
                + ' ' + url("/2") + ' ' + url("/3"));
  EXPECT_EQ(x.text, "acme GET /1 0 1 acme GET /2 0 0 acme GET /3 0 0 ");
  EXPECT_EQ(accepted, 1u);
}

TEST_F(curl_test, all_methods_of_restconf_get_through) {
  start();
  for (std::string method : {"POST", "PUT", "PATCH", "OPTIONS"})
    EXPECT_EQ(
        curl(with_certificate() + "-d {} -X " + method + ' ' + url("/")).text,
        "acme " + method + " / 2");
  auto head = curl(with_certificate() + "-I " + url("/"));
  EXPECT_EQ(head.status, 0) << head.text;
  EXPECT_THAT(head.text, HasSubstr("Content-Length: 13\r\n"));
  auto gone = curl(with_certificate() + "-i -X DELETE " + url("/"));
  EXPECT_EQ(gone.status, 0) << gone.text;
  EXPECT_THAT(gone.text, AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"),
                               ::testing::Not(HasSubstr("Content-Length"))));
}

TEST_F(curl_test, chunked_bodies_and_expectations_are_understood) {
  start();
  auto chunked = curl(with_certificate() + "-H 'Transfer-Encoding: chunked' -T "
                      + body_of(300'000).substr(1) + ' ' + url("/"));
  EXPECT_EQ(chunked.text, "acme PUT /body 300000");
  auto expecting =
      curl(with_certificate()
           + "-H 'Expect: 100-continue' --expect100-timeout 20 -X PUT "
             "--data-binary "
           + body_of(300'000) + ' ' + url("/"));
  EXPECT_EQ(expecting.text, "acme PUT / 300000");
}

// REST-012, DATA-232
TEST_F(curl_test, nobody_is_served_without_a_certificate) {
  start();
  for (std::string version : {"--tlsv1.2 --tls-max 1.2 ", "--tlsv1.3 "}) {
    auto x = curl(version + url("/"));
    EXPECT_NE(x.status, 0);
    EXPECT_THAT(x.text, ::testing::Not(HasSubstr("acme")));
  }
}

// DATA-234
TEST_F(curl_test, older_tls_is_not_spoken) {
  start();
  auto x = curl(with_certificate()
                + "--tlsv1.1 --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 "
                + url("/"));
  EXPECT_EQ(x.status, 35) << x.text; // the handshake failed
}

// REST-003
TEST_F(curl_test, plain_http_is_not_spoken) {
  start();
  auto x = curl("http://localhost:" + port + "/");
  EXPECT_NE(x.status, 0);
  EXPECT_THAT(x.text, ::testing::Not(HasSubstr("acme")));
}

TEST_F(curl_test, a_client_that_knows_no_alpn_is_served) {
  start();
  auto x = curl(with_certificate() + "--no-alpn " + url("/"));
  EXPECT_EQ(x.text, "acme GET / 0");
}

// REST-016
TEST_F(curl_test, a_body_that_is_too_large_gets_an_answer) {
  limits.http.message.body = 100'000;
  start();
  auto x = curl(with_certificate()
                + "-H Expect: -w ' %{http_code}' -X PUT "
                  "--data-binary "
                + body_of(5'000'000) + ' ' + url("/"));
  EXPECT_THAT(x.text, AllOf(HasSubstr("too-big"), HasSubstr(" 413")))
      << x.status;
}

TEST_F(curl_test, a_client_that_sends_too_slowly_is_refused) {
  limits.http.request = 500ms;
  start();
  auto x = curl(with_certificate()
                + "-H Expect: -w ' %{http_code}' "
                  "--limit-rate 20k -X PUT --data-binary "
                + body_of(900'000) + ' ' + url("/"));
  EXPECT_THAT(x.text, HasSubstr(" 408")) << x.status;
}

TEST_F(curl_test, long_answers_arrive_whole) {
  start();
  auto x = curl(with_certificate() + "-w ' %{http_code} %{num_connects} ' "
                + url("/long/3000000") + ' ' + url("/"));
  EXPECT_EQ(x.status, 0);
  EXPECT_EQ(x.text, std::string(3'000'000, 'x') + " 200 1 acme GET / 0 200 0 ");
}

} // namespace
} // namespace tocsin::actors
