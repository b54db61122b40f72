#include "roles/cli/data_show.hpp"

#include "protocol/data/acl_reader.hpp"
#include "protocol/data/alias.hpp"
#include "protocol/data/client_state.hpp"
#include "protocol/data/module.hpp"
#include "protocol/data/wanted.hpp"
#include "protocol/json/reader.hpp"
#include "roles/cli/table.hpp"
#include "roles/cli/words.hpp"

#include <algorithm>
#include <ostream>

namespace tocsin::roles::cli {

namespace {

namespace data = protocol::data;
namespace json = protocol::json;
namespace yang = protocol::yang;
using yang::data_node;

failure not_understood() {
  return fail(ec::malformed, "answer",
              "the node's answer is not understood: is it another version?");
}

std::string text_of(const json::value& x, std::string_view name) {
  auto found = x.find(name);
  auto text = found ? found->text() : std::nullopt;
  return std::string{text.value_or("")};
}

std::map<std::string, std::string> texts_of(const json::value& x,
                                            std::string_view name) {
  std::map<std::string, std::string> out;
  if (auto found = x.find(name))
    for (const auto& [key, value] : found->members())
      out[std::string{key}] = std::string{value.text().value_or("")};
  return out;
}

std::string name_of(const data_node& x) {
  return std::string{x.value("name").value_or("")};
}

/// Of an alias or ACL.
std::string say_left(const data_node& x) {
  auto minutes = x.number("pending-lifetime");
  if (!minutes || *minutes < 0)
    return {};
  return say_duration(static_cast<std::uint64_t>(*minutes) * 60);
}

std::string say_owner(const data_list& x, const std::string& name) {
  auto i = x.managed.find(name);
  return i == x.managed.end() ? "others" : printable(i->second);
}

/// What its entries have matched in all.
std::pair<std::uint64_t, std::uint64_t> matched(const data_node& acl) {
  std::pair<std::uint64_t, std::uint64_t> out;
  const auto* aces = acl.find("aces");
  if (aces == nullptr)
    return out;
  for (const auto& ace : aces->all("ace"))
    if (const auto* counted = ace.find("statistics")) {
      auto number = [&](std::string_view leaf) {
        auto text = counted->value(leaf);
        return text ? std::strtoull(std::string{*text}.c_str(), nullptr, 10)
                    : 0;
      };
      out.first += number("matched-packets");
      out.second += number("matched-octets");
    }
  return out;
}

std::string say_matched(const data_node& acl) {
  auto [packets, octets] = matched(acl);
  return packets == 0 ? "nothing"
                      : say_count(packets) + " packets, " + say_bytes(octets);
}

cell activation_cell(const data_node& acl) {
  auto text = acl.value("activation-type").value_or("");
  auto when = data::parse_activation(text);
  if (when == data::activation::immediate)
    return {"always", tone::good};
  if (when == data::activation::deactivate)
    return {"never", tone::plain};
  return {"while mitigating", tone::busy};
}

void show_rest(std::ostream& out, const data_list& x, bool colour) {
  for (const auto& [name, why] : x.refused)
    out << paint("refused", tone::bad, colour) << "  " << printable(name)
        << ": " << printable(why) << '\n';
  out << printable(x.upstream) << ": " << printable(x.state) << '\n';
}

std::string say_port(const data::port_match& x) {
  auto text = std::to_string(x.range.lower);
  if (x.range.upper != x.range.lower)
    text += '-' + std::to_string(x.range.upper);
  return (x.negate ? "not " : "") + text;
}

void add(std::string& text, const std::string& more) {
  text += (text.empty() ? "" : ", ") + more;
}

template <class T>
void add_number(std::string& text, const char* name,
                const std::optional<T>& x) {
  if (x)
    add(text, name + std::to_string(unsigned{*x}));
}

void add_bits(std::string& text, const char* name,
              const std::optional<data::bits_match>& x) {
  if (x)
    add(text, std::string{x->negate ? "not " : ""} + (x->any ? "any of " : "")
                  + name + std::to_string(x->bits));
}

void add_ports(std::string& text, const std::optional<data::port_match>& from,
               const std::optional<data::port_match>& to) {
  if (from)
    add(text, "from port " + say_port(*from));
  if (to)
    add(text, "to port " + say_port(*to));
}

std::string say_match(const data::packet_match& x) {
  std::string text;
  if (x.ip) {
    if (x.ip->source)
      add(text, "from " + x.ip->source->to_string());
    if (x.ip->destination)
      add(text, "to " + x.ip->destination->to_string());
    if (x.ip->protocol)
      add(text, protocol_name(*x.ip->protocol));
    add_number(text, "length ", x.ip->length);
    add_number(text, "dscp ", x.ip->dscp);
    add_number(text, "ecn ", x.ip->ecn);
    add_number(text, "ttl ", x.ip->ttl);
    add_bits(text, "fragment bits ", x.ip->fragment);
  }
  if (const auto* tcp = std::get_if<data::tcp_match>(&x.l4)) {
    add(text, "tcp");
    add_ports(text, tcp->source, tcp->destination);
    add_bits(text, "flags ", tcp->flags);
  } else if (const auto* udp = std::get_if<data::udp_match>(&x.l4)) {
    add(text, "udp");
    add_ports(text, udp->source, udp->destination);
    add_number(text, "udp length ", udp->length);
  } else if (const auto* icmp = std::get_if<data::icmp_match>(&x.l4)) {
    add(text, "icmp");
    add_number(text, "type ", icmp->type);
    add_number(text, "code ", icmp->code);
  }
  return text.empty() ? "everything" : text;
}

std::string say_action(const data::ace& x) {
  if (x.action == data::forwarding::drop)
    return "drop";
  if (!x.rate)
    return "accept";
  return "accept " + say_bytes(*x.rate / 100) + "/s";
}

/// The typed form; what we do not know of, others may.
std::optional<data::acl> understood(const data_node& x) {
  auto whole = x;
  yang::add_defaults(whole);
  auto at = data::entry_path("c", data::entry_kind::acl, name_of(x));
  auto out = data::read_acl(whole, at, {.immediate_needs_destination = false});
  return out ? std::optional{*out} : std::nullopt;
}

} // namespace

result<data_list> read_data_list(std::string_view text) {
  auto parsed = json::document::parse(text);
  auto found = parsed ? parsed->root().find("data") : std::nullopt;
  if (!found || !found->is_object())
    return not_understood();
  data_list out;
  auto root = parsed->root();
  out.upstream = text_of(root, "upstream");
  out.state = text_of(root, "state");
  out.managed = texts_of(root, "managed");
  out.refused = texts_of(root, "refused");
  yang::decoder decoder{data::rows::datastore, yang::state_members::keep};
  auto lists = decoder.members(*found, data::client_path("c"));
  if (!lists)
    return not_understood();
  for (auto& list : *lists)
    for (auto& x : list.children)
      out.entries.push_back(std::move(x));
  return out;
}

std::string exported_filters(const data_list& x) {
  std::vector<data_node> bare;
  for (const auto& entry : x.entries) {
    auto read =
        data::parse_entry("c", data::entry_kind::acl, data::entry_text(entry));
    if (read)
      bare.push_back(*std::move(read));
  }
  std::vector<const data_node*> all;
  for (const auto& one : bare)
    all.push_back(&one);
  return indented(data::to_document(all, data::entry_kind::acl));
}

std::string indented(std::string_view text) {
  std::string out;
  std::size_t depth = 0;
  bool quoted = false;
  auto line = [&] { out += '\n' + std::string(2 * depth, ' '); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted || c == '"') {
      out += c;
      if (c == '\\' && i + 1 < text.size())
        out += text[++i];
      else if (c == '"')
        quoted = !quoted;
      continue;
    }
    bool opens = c == '{' || c == '[';
    bool closes = c == '}' || c == ']';
    bool is_empty = opens && i + 1 < text.size()
                    && (text[i + 1] == '}' || text[i + 1] == ']');
    if (is_empty) {
      out += {c, text[++i]};
    } else if (opens) {
      out += c;
      ++depth;
      line();
    } else if (closes) {
      depth -= depth > 0;
      line();
      out += c;
    } else {
      out += c;
      if (c == ',')
        line();
      else if (c == ':')
        out += ' ';
    }
  }
  return out + '\n';
}

void show_aliases(std::ostream& out, const data_list& x, bool colour) {
  if (x.entries.empty())
    out << "the server holds no aliases of this client\n";
  table rows{{"ALIAS", "STANDS FOR", "KEPT FOR", "FROM"}};
  for (const auto& entry : x.entries) {
    auto name = name_of(entry);
    auto at = data::entry_path("c", data::entry_kind::alias, name);
    auto read = data::read_alias(entry, at);
    rows.add({{printable(name)},
              {read ? say_target(data::to_target(*read)) : "?"},
              {say_left(entry)},
              {say_owner(x, name)}});
  }
  if (!x.entries.empty())
    rows.write(out, colour);
  show_rest(out, x, colour);
}

void show_filters(std::ostream& out, const data_list& x, bool colour) {
  if (x.entries.empty())
    out << "the server holds no filters of this client\n";
  table rows{{"FILTER", "IN FORCE", "ENTRIES", "MATCHED", "KEPT FOR", "FROM"}};
  for (const auto& entry : x.entries) {
    auto name = name_of(entry);
    const auto* aces = entry.find("aces");
    auto count = aces ? aces->all("ace").size() : 0;
    rows.add({{printable(name)},
              activation_cell(entry),
              {std::to_string(count)},
              {say_matched(entry)},
              {say_left(entry)},
              {say_owner(x, name)}});
  }
  if (!x.entries.empty())
    rows.write(out, colour);
  show_rest(out, x, colour);
}

void show_filter(std::ostream& out, const data_list& x, bool colour) {
  for (const auto& entry : x.entries) {
    auto name = name_of(entry);
    out << paint(printable(name), tone::heading, colour) << ": in force "
        << activation_cell(entry).text << ", kept for " << say_left(entry)
        << ", from " << say_owner(x, name) << '\n';
    auto read = understood(entry);
    const auto* aces = entry.find("aces");
    if (aces == nullptr)
      continue;
    table rows{{"ENTRY", "MATCHES", "ACTION", "MATCHED"}};
    auto all = aces->all("ace");
    for (std::size_t i = 0; i < all.size(); ++i) {
      data_node one{.row = entry.row};
      one.ensure(*yang::find_row(*entry.row, "aces")).append(all[i]);
      bool known = read && i < read->aces.size();
      rows.add({{printable(name_of(all[i]))},
                {known ? say_match(read->aces[i].match) : "?"},
                {known ? say_action(read->aces[i]) : "?"},
                {say_matched(one)}});
    }
    rows.write(out, colour);
  }
  show_rest(out, x, colour);
}

result<void> show_capabilities(std::ostream& out, std::string_view text,
                               bool colour) {
  auto parsed = json::document::parse(text);
  auto found = parsed ? parsed->root().find("capabilities") : std::nullopt;
  if (!found)
    return not_understood();
  table rows{{"FILTERS AT " + printable(text_of(parsed->root(), "upstream")),
              "CAN DO", "CANNOT DO"}};
  for (const auto& [name, value] : found->members()) {
    std::string can, cannot;
    for (const auto& [leaf, flag] : value.members())
      add(flag.boolean().value_or(false) ? can : cannot, printable(leaf));
    for (const auto& one : value.elements())
      if (auto word = one.text())
        add(can, printable(*word));
      else if (auto number = one.unsigned_integer())
        add(can, protocol_name(static_cast<std::uint8_t>(*number & 0xff)));
    if (auto flag = value.boolean())
      (*flag ? can : cannot) = "yes";
    rows.add({{printable(name)}, {can, tone::good}, {cannot}});
  }
  rows.write(out, colour);
  return {};
}

} // namespace tocsin::roles::cli
