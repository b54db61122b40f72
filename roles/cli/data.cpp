#include "roles/cli/data.hpp"

#include "protocol/data/wanted.hpp"
#include "roles/cli/data_show.hpp"
#include "roles/cli/words.hpp"
#include "transports/crypto/certificate.hpp"

#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <ostream>

namespace tocsin::roles::cli {

namespace {

namespace data = protocol::data;

/// More than the node would take.
constexpr std::size_t max_file = 1024 * 1024;

enum class noun : std::uint8_t { alias, filter };

std::string_view word(noun x) {
  return x == noun::alias ? "alias" : "filter";
}

/// "/v1/data/filters/ntp?upstream=provider&wait=60"
std::string target_of(node_client& node, std::string_view path,
                      const std::string& name, const data_options& x) {
  std::string out = "/v1/data/" + std::string{path};
  if (!name.empty())
    out += '/' + percent_encode(name);
  out += "?wait=" + std::to_string(node.patience().count());
  if (!x.upstream.empty())
    out += "&upstream=" + percent_encode(x.upstream);
  return out;
}

std::string_view path_of(noun x) {
  return x == noun::alias ? "aliases" : "filters";
}

template <class Show>
exit_code look(node_client& node, const std::string& target, Show show) {
  auto body = node.ask("GET", target, {}, node.patience());
  if (!body)
    return node.code();
  if (node.json()) {
    node.env().out << *body << '\n';
    return exit_code::ok;
  }
  if (auto shown = show(*body); !shown)
    return node.fail_with(shown.error(), exit_code::failed);
  return exit_code::ok;
}

exit_code list(node_client& node, noun what, const std::string& name,
               const data_options& x) {
  auto& env = node.env();
  return look(node, target_of(node, path_of(what), name, x),
              [&](std::string_view body) -> result<void> {
                auto all = read_data_list(body);
                if (!all)
                  return all.error();
                if (what == noun::alias)
                  show_aliases(env.out, *all, env.colour);
                else if (name.empty())
                  show_filters(env.out, *all, env.colour);
                else
                  show_filter(env.out, *all, env.colour);
                return {};
              });
}

/// A text member of the node's answer, made printable.
std::string member(std::string_view json, std::string_view name) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(json.data(), json.size())[name].get(text)
      != simdjson::SUCCESS)
    return "the upstream";
  return printable(text);
}

std::vector<std::string> members(std::string_view json, std::string_view name) {
  std::vector<std::string> out;
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(json.data(), json.size())[name].get(list)
      == simdjson::SUCCESS)
    for (auto x : list)
      if (std::string_view text; x.get(text) == simdjson::SUCCESS)
        out.push_back(printable(text));
  return out;
}

exit_code put(node_client& node, noun what, const result<std::string>& order,
              const data_options& x) {
  if (!order)
    return node.fail_with(order.error(), exit_code::usage);
  if (auto good = data::read_wanted(*order); !good)
    return node.fail_with(
        fail(ec::malformed, good.error().path, good.error().message),
        exit_code::usage);
  auto body = node.ask("PUT", target_of(node, path_of(what), x.name, x), *order,
                       node.patience());
  if (!body)
    return node.code();
  auto& out = node.env().out;
  if (node.json()) {
    out << *body << '\n';
    return exit_code::ok;
  }
  bool created = !members(*body, "created").empty();
  auto name = printable(x.name);
  out << word(what) << ' ' << name
      << (created ? " is set up at " : " is changed at ")
      << member(*body, "upstream") << '\n';
  if (what == noun::alias)
    out << "  use     " << node.repeat("mitigate --alias " + name) << '\n';
  out << "  look    " << node.repeat(std::string{word(what)} + " show " + name)
      << '\n'
      << "  remove  "
      << node.repeat(std::string{word(what)} + " delete " + name) << '\n';
  return exit_code::ok;
}

exit_code remove(node_client& node, noun what, const data_options& x) {
  auto body = node.ask("DELETE", target_of(node, path_of(what), x.name, x), {},
                       node.patience());
  if (!body)
    return node.code();
  if (node.json())
    node.env().out << *body << '\n';
  else
    node.env().out << word(what) << ' ' << printable(x.name) << " is gone from "
                   << member(*body, "upstream") << '\n';
  return exit_code::ok;
}

exit_code import_filters(node_client& node, const data_options& x) {
  auto text = transports::crypto::read_text_file(x.file, max_file);
  if (!text)
    return node.fail_with(fail(text.error().code, x.file, text.error().detail),
                          exit_code::usage);
  // The same check as the node's, with the file's name in the message.
  if (auto good = data::read_wanted(*text); !good)
    return node.fail_with(fail(ec::malformed, x.file,
                               good.error().path + ": " + good.error().message),
                          exit_code::usage);
  auto body = node.ask("POST", target_of(node, "filters", {}, x), *text,
                       node.patience());
  if (!body)
    return node.code();
  if (node.json()) {
    node.env().out << *body << '\n';
    return exit_code::ok;
  }
  node.env().out << members(*body, "created").size() << " filters set up, "
                 << members(*body, "replaced").size() << " replaced at "
                 << member(*body, "upstream") << '\n';
  return exit_code::ok;
}

exit_code write_file(node_client& node, const std::string& file,
                     const std::string& text) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored))
    return node.fail_with(
        fail(ec::conflict, file, "is there already; name another file"),
        exit_code::usage);
  std::ofstream out{file, std::ios::binary};
  out << text;
  out.close();
  if (!out)
    return node.fail_with(fail(ec::io, file, "cannot be written"),
                          exit_code::failed);
  return exit_code::ok;
}

exit_code export_filters(node_client& node, const data_options& x) {
  auto body =
      node.ask("GET", target_of(node, "filters", {}, x), {}, node.patience());
  if (!body)
    return node.code();
  auto all = read_data_list(*body);
  if (!all)
    return node.fail_with(all.error(), exit_code::failed);
  auto text = exported_filters(*all);
  if (!x.file.empty())
    return write_file(node, x.file, text);
  node.env().out << text;
  return exit_code::ok;
}

} // namespace

exit_code alias(node_client& node, const std::string& what,
                const data_options& x) {
  if (what == "create")
    return put(node, noun::alias, read_alias_order(x), x);
  if (what == "delete")
    return remove(node, noun::alias, x);
  return list(node, noun::alias, what == "show" ? x.name : "", x);
}

exit_code filter(node_client& node, const std::string& what,
                 const data_options& x) {
  if (what == "create")
    return put(node, noun::filter, read_filter_order(x), x);
  if (what == "delete")
    return remove(node, noun::filter, x);
  if (what == "import")
    return import_filters(node, x);
  if (what == "export")
    return export_filters(node, x);
  return list(node, noun::filter, what == "show" ? x.name : "", x);
}

exit_code capabilities(node_client& node, const data_options& x) {
  auto& env = node.env();
  return look(node, target_of(node, "capabilities", {}, x),
              [&](std::string_view body) {
                return show_capabilities(env.out, body, env.colour);
              });
}

} // namespace tocsin::roles::cli
