#include "roles/cli/data_report.hpp"

#include "roles/cli/reader.hpp"
#include "roles/cli/table.hpp"
#include "roles/cli/words.hpp"

#include <ostream>

namespace tocsin::roles::cli {

namespace {

using actors::data_acl_view;
using actors::data_alias_view;
using actors::data_client_details;
using actors::data_client_view;

data_client_view make_client(const reader& from) {
  data_client_view x;
  from.read("customer", x.customer);
  from.read("cuid", x.cuid);
  from.read("identity", x.identity);
  from.read("aliases", x.aliases);
  from.read("acls", x.acls);
  from.read("entries_in_force", x.entries_in_force);
  read_enforcement(from, x.enforcement);
  return x;
}

data_alias_view make_alias(const reader& from) {
  data_alias_view x;
  from.read("name", x.name);
  from.read("left_s", x.left_s);
  read_target(from, x.what);
  return x;
}

data_acl_view make_acl(const reader& from) {
  data_acl_view x;
  from.read("name", x.name);
  from.read("activation", x.activation);
  from.read("in_force", x.in_force);
  from.read("left_s", x.left_s);
  from.each("entries", [&](dom::element entry) {
    auto& one = x.entries.emplace_back();
    reader object{entry};
    object.read("name", one.name);
    object.read("action", one.action);
    object.read("packets", one.packets);
    object.read("octets", one.octets);
  });
  return x;
}

std::string enforcement_text(const data_client_view& x) {
  std::string out;
  for (const auto& one : x.enforcement)
    out += (out.empty() ? "" : ", ") + printable(one.mitigator) + ' '
           + printable(one.state)
           + (one.detail.empty() ? "" : " (" + printable(one.detail) + ')');
  return out;
}

void show_aliases(std::ostream& out, const std::vector<data_alias_view>& xs,
                  bool colour) {
  if (xs.empty())
    return;
  out << '\n';
  table rows{{"ALIAS", "LEFT", "STANDS FOR"}};
  for (const auto& x : xs)
    rows.add(
        {{printable(x.name)}, {say_duration(x.left_s)}, {say_target(x.what)}});
  rows.write(out, colour);
}

void show_acls(std::ostream& out, const std::vector<data_acl_view>& xs,
               bool colour) {
  if (xs.empty())
    return;
  out << '\n';
  table rows{{"ACL", "ACTIVATION", "IN FORCE", "LEFT", "ENTRY", "ACTION",
              "PACKETS", "OCTETS"}};
  for (const auto& x : xs) {
    std::vector<cell> row{
        {printable(x.name)},
        {printable(x.activation)},
        {x.in_force ? "yes" : "no", x.in_force ? tone::good : tone::plain},
        {say_duration(x.left_s)}};
    auto head = row.size();
    for (const auto& one : x.entries) {
      for (const auto& text :
           {printable(one.name), printable(one.action),
            say_exactly(one.packets), say_exactly(one.octets)})
        row.push_back({text});
      rows.add(std::move(row));
      row.assign(head, {" "}); // not the "-" of what is missing
    }
    if (x.entries.empty())
      rows.add(std::move(row));
  }
  rows.write(out, colour);
}

} // namespace

result<std::vector<data_client_view>> read_data_clients(std::string_view json) {
  using list = std::vector<data_client_view>;
  return parse<list>(json, [](const reader& from) -> result<list> {
    list xs;
    bool there = from.each("data_clients", [&](dom::element entry) {
      xs.push_back(make_client(reader{entry}));
    });
    if (!there)
      return not_understood();
    return xs;
  });
}

result<data_client_details> read_data_client(std::string_view json) {
  return parse<data_client_details>(json, [](const reader& from) {
    data_client_details x;
    x.client = make_client(from);
    from.read("mitigating", x.mitigating);
    from.each("alias_list", [&](dom::element entry) {
      x.aliases.push_back(make_alias(reader{entry}));
    });
    from.each("acl_list", [&](dom::element entry) {
      x.acls.push_back(make_acl(reader{entry}));
    });
    return x;
  });
}

void show_data_clients(std::ostream& out,
                       const std::vector<data_client_view>& xs, bool colour) {
  if (xs.empty()) {
    out << "no clients have registered on the data channel\n";
    return;
  }
  table rows{{"CUSTOMER", "CUID", "ALIASES", "ACLS", "ENTRIES IN FORCE",
              "ENFORCED BY", "REGISTERED BY"}};
  for (const auto& x : xs)
    rows.add({{printable(x.customer)},
              {printable(x.cuid)},
              {std::to_string(x.aliases)},
              {std::to_string(x.acls)},
              {std::to_string(x.entries_in_force)},
              {enforcement_text(x)},
              {printable(x.identity)}});
  rows.write(out, colour);
}

void show_data_client(std::ostream& out, const data_client_details& x,
                      bool colour) {
  out << paint("client " + printable(x.client.cuid), tone::heading, colour)
      << " of " << printable(x.client.customer) << ", registered by "
      << printable(x.client.identity)
      << (x.mitigating ? ", mitigates now\n" : "\n");
  if (auto sites = enforcement_text(x.client); !sites.empty())
    out << "  in force: " << x.client.entries_in_force
        << (x.client.entries_in_force == 1 ? " filter entry"
                                           : " filter entries")
        << ", enforced by " << sites << '\n';
  show_aliases(out, x.aliases, colour);
  show_acls(out, x.acls, colour);
}

exit_code data(node_client& node, const data_report_options& options) {
  auto target = std::string{"/v1/data-clients"};
  if (!options.cuid.empty())
    target += '/' + percent_encode(options.cuid);
  if (!options.cuid.empty() && !options.customer.empty())
    target += "?customer=" + percent_encode(options.customer);
  auto body = node.get(target);
  if (!body)
    return node.code();
  auto& env = node.env();
  if (node.json()) {
    env.out << *body << '\n';
    return exit_code::ok;
  }
  if (options.cuid.empty()) {
    auto all = read_data_clients(*body);
    if (!all)
      return node.fail_with(all.error(), exit_code::failed);
    if (!options.customer.empty())
      std::erase_if(*all, [&](const data_client_view& x) {
        return x.customer != options.customer;
      });
    show_data_clients(env.out, *all, env.colour);
    return exit_code::ok;
  }
  auto one = read_data_client(*body);
  if (!one)
    return node.fail_with(one.error(), exit_code::failed);
  show_data_client(env.out, *one, env.colour);
  return exit_code::ok;
}

} // namespace tocsin::roles::cli
