#include "mitigators/protocol.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>
#include <span>

namespace tocsin::mitigators {

namespace {

using protocol::json::writer;
using protocol::signal::port_range;
using protocol::signal::prefix;

// More than the longest frame around the items of one line,
// {"type":"withdraw","seq":(20 digits),"part":(10 digits),"more":true,...}.
constexpr std::size_t frame_octets = 128;

void write(writer& out, const std::vector<prefix>& xs) {
  out.begin_array();
  for (const auto& x : xs)
    out.value(x.to_string());
  out.end_array();
}

void write(writer& out, const std::vector<port_range>& xs) {
  out.begin_array();
  for (auto x : xs)
    out.begin_object()
        .member("lower", unsigned{x.lower})
        .member("upper", unsigned{x.upper})
        .end_object();
  out.end_array();
}

void write(writer& out, const std::vector<std::uint8_t>& xs) {
  out.begin_array();
  for (auto x : xs)
    out.value(unsigned{x});
  out.end_array();
}

void write(writer& out, const rule::exemption& x) {
  out.begin_object();
  write(out.key("sources"), x.sources);
  write(out.key("ports"), x.ports);
  write(out.key("protocols"), x.protocols);
  out.end_object();
}

void write(writer& out, const rule& x) {
  out.begin_object().member("id", x.id).member("action", to_string(x.what));
  if (x.what == action::rate_limit)
    out.member("rate", x.rate);
  write(out.key("prefixes"), x.prefixes);
  write(out.key("ports"), x.ports);
  write(out.key("protocols"), x.protocols);
  out.key("accept").begin_array();
  for (const auto& exemption : x.accept)
    write(out, exemption);
  out.end_array();
  out.member("customer", x.customer).member("cuid", x.cuid);
  out.member("mid", x.mid).end_object();
}

std::string item(const rule& x) {
  return encode(x);
}

std::string item(const std::string& id) {
  writer out;
  return out.value(id), std::move(out).str();
}

/// One line per as many items as fit; an order without items is one line.
template <class T>
std::string list_order(std::string_view type, std::uint64_t seq,
                       std::string_view member, std::span<const T> items,
                       bool more, std::uint32_t part) {
  std::string lines;
  auto finish = [&](const std::string& body, bool continued) {
    writer out;
    out.begin_object().member("type", type).member("seq", seq);
    if (part > 0)
      out.member("part", part);
    if (continued)
      out.member("more", true);
    ++part;
    out.key(member).raw("[" + body + "]").end_object();
    lines += out.str() + '\n';
  };
  std::string body;
  for (const auto& x : items) {
    auto text = item(x);
    if (!body.empty()
        && body.size() + text.size() + frame_octets > max_line_octets) {
      finish(body, true);
      body.clear();
    }
    if (!body.empty())
      body += ',';
    body += text;
  }
  finish(body, more);
  return lines;
}

struct order_encoder {
  std::string operator()(const to_driver::hello& x) const {
    writer out;
    out.begin_object().member("type", "hello").member("version", x.version);
    out.member("node", x.node).member("instance", x.instance).end_object();
    return std::move(out).str() + '\n';
  }
  std::string operator()(const to_driver::sync& x) const {
    return list_order("sync", x.seq, "rules", std::span{x.rules}, x.more,
                      x.part);
  }
  std::string operator()(const to_driver::install& x) const {
    return list_order("install", x.seq, "rules", std::span{x.rules}, x.more,
                      x.part);
  }
  std::string operator()(const to_driver::withdraw& x) const {
    return list_order("withdraw", x.seq, "ids", std::span{x.ids}, x.more,
                      x.part);
  }
  std::string operator()(const to_driver::bye&) const {
    return "{\"type\":\"bye\"}\n";
  }
};

struct report_encoder {
  writer& out;

  void operator()(const to_node::hello& x) const {
    out.member("type", "hello").member("version", x.version);
    out.member("driver", x.driver).key("capabilities").begin_object();
    out.key("actions").begin_array();
    if (x.drop)
      out.value(to_string(action::drop));
    if (x.rate_limit)
      out.value(to_string(action::rate_limit));
    out.end_array().key("families").begin_array();
    if (x.ipv4)
      out.value("ipv4");
    if (x.ipv6)
      out.value("ipv6");
    out.end_array().member("counters", x.counters);
    out.member("max_rules", x.max_rules).end_object();
  }
  void operator()(const to_node::done& x) const {
    out.member("type", "done").member("seq", x.seq);
    out.key("failures").begin_array();
    for (const auto& f : x.failures)
      out.begin_object()
          .member("id", f.id)
          .member("code", tocsin::to_string(f.code))
          .member("message", f.message)
          .end_object();
    out.end_array();
  }
  void operator()(const to_node::counters& x) const {
    out.member("type", "counters").key("rules").begin_array();
    for (const auto& c : x.rules)
      out.begin_object()
          .member("id", c.id)
          .member("packets", c.packets)
          .member("bytes", c.bytes)
          .end_object();
    out.end_array();
  }
  void operator()(const to_node::status& x) const {
    out.member("type", "status").member("health", to_string(x.health));
    out.member("installed", x.installed).member("capacity", x.capacity);
    out.member("message", x.message);
  }
  void operator()(const to_node::error& x) const {
    out.member("type", "error");
    if (x.seq)
      out.member("seq", *x.seq);
    out.member("code", tocsin::to_string(x.code));
    out.member("message", x.message);
  }
};

} // namespace

std::string_view to_string(action x) noexcept {
  switch (x) {
  case action::drop:
    return "drop";
  case action::rate_limit:
    return "rate_limit";
  }
  return "drop";
}

std::string_view to_string(to_node::health x) noexcept {
  switch (x) {
  case to_node::health::ok:
    return "ok";
  case to_node::health::degraded:
    return "degraded";
  case to_node::health::overloaded:
    return "overloaded";
  }
  return "degraded";
}

std::string encode(const order& x) {
  return std::visit(order_encoder{}, x);
}

std::string encode(const report& x) {
  writer out;
  out.begin_object();
  std::visit(report_encoder{out}, x);
  out.end_object();
  return std::move(out).str() + '\n';
}

std::string encode(const rule& x) {
  writer out;
  write(out, x);
  return std::move(out).str();
}

} // namespace tocsin::mitigators
