#include "roles/cli/filters.hpp"

#include "roles/cli/answers.hpp"
#include "roles/cli/words.hpp"

namespace tocsin::roles::cli {

namespace {

using protocol::signal::activation;

struct word {
  std::string_view text;
  activation what;
};

/// The first of each is what is shown.
constexpr word words[]{
    {"immediate", activation::immediate},
    {"when-mitigating", activation::activate_when_mitigating},
    {"off", activation::deactivate},
    {"activate-when-mitigating", activation::activate_when_mitigating},
    {"deactivate", activation::deactivate},
};

std::string_view say(activation x) {
  for (const auto& one : words)
    if (one.what == x)
      return one.text;
  return {};
}

} // namespace

result<protocol::signal::filter_control> parse_filter(std::string_view text) {
  auto equals = text.rfind('='); // names may have one
  if (equals != text.npos && equals > 0)
    for (const auto& one : words)
      if (one.text == text.substr(equals + 1))
        return protocol::signal::filter_control{
            std::string{text.substr(0, equals)}, one.what};
  return fail(ec::malformed, std::string{text},
              "is no NAME=WHEN; WHEN is immediate, when-mitigating or off");
}

std::string
say_filters(const std::vector<protocol::signal::filter_control>& xs) {
  std::string out;
  for (const auto& x : xs) {
    out += (out.empty() ? "" : ", ") + printable(x.name) + ' ';
    out += say(protocol::signal::when_of(x));
  }
  return out;
}

exit_code control(node_client& node, const name_options& options,
                  const std::vector<std::string>& filters, bool wait) {
  std::vector<protocol::signal::filter_control> acls;
  for (const auto& text : filters) {
    auto one = parse_filter(text);
    if (!one)
      return node.fail_with(one.error(), exit_code::usage);
    acls.push_back(std::move(*one));
  }
  auto name = complete(node, options);
  if (!name)
    return node.code();
  auto patience = wait ? node.patience() : std::chrono::seconds{0};
  auto target = target_of(*name);
  target += target.find('?') == target.npos ? '?' : '&';
  target += "wait=" + std::to_string(patience.count());
  auto body = node.ask("PUT", target, actors::to_json(acls), patience);
  if (!body)
    return node.code();
  auto view = read_mitigation(*body);
  if (!view)
    return node.fail_with(view.error(), exit_code::failed);
  return conclude_order(node, *view, wait);
}

} // namespace tocsin::roles::cli
