#include "mitigators/codec.hpp"
#include "mitigators/protocol.hpp"

namespace tocsin::mitigators {

namespace {

using protocol::json::writer;
using protocol::signal::port_range;
using protocol::signal::prefix;

// More than the longest frame around the items of one line,
// {"type":"withdraw","seq":(20 digits),"part":(10 digits),"more":true,...},
// with two lists.
constexpr std::size_t frame_octets = 128;

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
  write_prefixes(out.key("sources"), x.sources);
  write(out.key("ports"), x.ports);
  write(out.key("protocols"), x.protocols);
  out.end_object();
}

void write(writer& out, const rule& x) {
  out.begin_object().member("id", x.id).member("action", to_string(x.what));
  if (x.what == action::rate_limit)
    out.member("rate", x.rate);
  write_prefixes(out.key("prefixes"), x.prefixes);
  write(out.key("ports"), x.ports);
  write(out.key("protocols"), x.protocols);
  out.key("accept").begin_array();
  for (const auto& exemption : x.accept)
    write(out, exemption);
  out.end_array();
  out.member("customer", x.customer).member("cuid", x.cuid);
  out.member("mid", x.mid).end_object();
}

std::string item(const std::string& id) {
  writer out;
  return out.value(id), std::move(out).str();
}

template <class T>
std::string item(const T& x) {
  return encode(x);
}

/// Writes one order: a line for as many items as fit; without items, one line.
class order_lines {
public:
  /// `member`: the list that each line has.
  order_lines(std::string_view type, std::string_view member, std::uint64_t seq,
              std::uint32_t part)
      : type_{type}, member_{member}, seq_{seq}, part_{part} {}

  template <class T>
  order_lines& add(const std::vector<T>& xs) {
    for (const auto& x : xs)
      append(items_, item(x));
    return *this;
  }
  order_lines& add_filters(const std::vector<filter_set>& xs) {
    for (const auto& x : xs)
      append(filters_, item(x));
    return *this;
  }
  std::string finish(bool more) {
    close(more);
    return std::move(lines_);
  }

private:
  void append(std::string& to, const std::string& text) {
    auto gathered = items_.size() + filters_.size();
    if (gathered > 0 && gathered + text.size() + frame_octets > max_line_octets)
      close(true);
    to += to.empty() ? "" : ",";
    to += text;
  }
  void close(bool continued) {
    writer out;
    out.begin_object().member("type", type_).member("seq", seq_);
    if (part_ > 0)
      out.member("part", part_);
    if (continued)
      out.member("more", true);
    ++part_;
    out.key(member_).raw("[" + items_ + "]");
    if (!filters_.empty())
      out.key("filters").raw("[" + filters_ + "]");
    out.end_object();
    lines_ += out.str() + '\n';
    items_.clear();
    filters_.clear();
  }

  std::string_view type_, member_;
  std::uint64_t seq_;
  std::uint32_t part_;
  std::string items_, filters_, lines_;
};

struct order_encoder {
  std::string operator()(const to_driver::hello& x) const {
    writer out;
    out.begin_object().member("type", "hello").member("version", x.version);
    out.member("node", x.node).member("instance", x.instance).end_object();
    return std::move(out).str() + '\n';
  }
  std::string operator()(const to_driver::sync& x) const {
    return order_lines{"sync", "rules", x.seq, x.part}
        .add(x.rules)
        .add_filters(x.filters)
        .finish(x.more);
  }
  std::string operator()(const to_driver::install& x) const {
    return order_lines{"install", "rules", x.seq, x.part}
        .add(x.rules)
        .add_filters(x.filters)
        .finish(x.more);
  }
  std::string operator()(const to_driver::withdraw& x) const {
    return order_lines{"withdraw", "ids", x.seq, x.part}.add(x.ids).finish(
        x.more);
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
    out.member("max_rules", x.max_rules);
    if (x.filters)
      out.member("filters", true).member("max_entries", x.max_entries);
    out.end_object();
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
    for (const auto& c : x.rules) {
      out.begin_object()
          .member("id", c.id)
          .member("packets", c.packets)
          .member("bytes", c.bytes);
      if (c.attack)
        out.member("attack", to_string(*c.attack));
      out.end_object();
    }
    out.end_array();
    if (!x.filters.empty())
      write(x.filters);
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

private:
  void write(const std::vector<entry_counters>& xs) const {
    out.key("filters").begin_array();
    for (const auto& c : xs)
      out.begin_object()
          .member("set", c.set)
          .member("entry", c.entry)
          .member("packets", c.packets)
          .member("bytes", c.bytes)
          .end_object();
    out.end_array();
  }
};

} // namespace

void write_prefixes(writer& out, const std::vector<prefix>& xs) {
  out.begin_array();
  for (const auto& x : xs)
    out.value(x.to_string());
  out.end_array();
}

std::string_view to_string(action x) noexcept {
  switch (x) {
  case action::drop:
    return "drop";
  case action::rate_limit:
    return "rate_limit";
  }
  return "drop";
}

std::string_view to_string(attack x) noexcept {
  switch (x) {
  case attack::ongoing:
    return "ongoing";
  case attack::stopped:
    return "stopped";
  }
  return "ongoing";
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
