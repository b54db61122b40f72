#include "actors/api_write.hpp"

#include "protocol/signal/response.hpp"

namespace tocsin::actors {

using protocol::json::writer;
using protocol::signal::target;

void write_texts(writer& out, std::string_view name,
                 const std::vector<std::string>& texts) {
  if (texts.empty())
    return;
  out.key(name).begin_array();
  for (const auto& text : texts)
    out.value(text);
  out.end_array();
}

void write_target(writer& out, const target& what) {
  std::vector<std::string> prefixes;
  for (const auto& prefix : what.prefixes)
    prefixes.push_back(prefix.to_string());
  write_texts(out, "target-prefix", prefixes);
  if (!what.ports.empty()) {
    out.key("target-port-range").begin_array();
    for (auto range : what.ports)
      out.begin_object()
          .member("lower-port", unsigned{range.lower})
          .member("upper-port", unsigned{range.upper})
          .end_object();
    out.end_array();
  }
  if (!what.protocols.empty()) {
    out.key("target-protocol").begin_array();
    for (unsigned number : what.protocols)
      out.value(number);
    out.end_array();
  }
  write_texts(out, "target-fqdn", what.fqdns);
  write_texts(out, "target-uri", what.uris);
  write_texts(out, "alias-name", what.aliases);
}

void write_enforcement(writer& out, const std::vector<enforcement_view>& xs) {
  out.key("enforcement").begin_array();
  for (const auto& one : xs) {
    out.begin_object()
        .member("mitigator", one.mitigator)
        .member("state", one.state)
        .member("detail", one.detail);
    if (one.answer != 0)
      out.member("answer",
                 protocol::signal::to_string(
                     static_cast<protocol::signal::response_code>(one.answer)));
    out.end_object();
  }
  out.end_array();
}

} // namespace tocsin::actors
