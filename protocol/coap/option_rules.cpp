#include "protocol/coap/option_rules.hpp"

#include <array>

namespace tocsin::protocol::coap {

namespace {

/// A row of the option registry (RFC 7252, Section 5.10; RFC 7641, Section 2;
/// RFC 7959, Section 2.1; RFC 8768, Section 3).
struct rule {
  option_number number;
  std::uint16_t shortest;
  std::uint16_t longest;
  bool repeatable;
};

constexpr rule rules[]{
    {option::if_match, 0, 8, true},
    {option::uri_host, 1, 255, false},
    {option::etag, 1, 8, true},
    {option::if_none_match, 0, 0, false},
    {option::observe, 0, 3, false},
    {option::uri_port, 0, 2, false},
    {option::location_path, 0, 255, true},
    {option::uri_path, 0, 255, true},
    {option::content_format, 0, 2, false},
    {option::max_age, 0, 4, false},
    {option::uri_query, 0, 255, true},
    // Of one octet by its definition; longer values are let through to be
    // answered by 4.00 as too large.
    {option::hop_limit, 0, 65535, false},
    {option::accept, 0, 2, false},
    {option::location_query, 0, 255, true},
    {option::block2, 0, 3, false},
    {option::block1, 0, 3, false},
    {option::size2, 0, 4, false},
    {option::size1, 0, 4, false},
};

constexpr std::size_t highest = option::size1;

constexpr auto rule_by_number = [] {
  std::array<const rule*, highest + 1> table{};
  for (const auto& x : rules)
    table[x.number] = &x;
  return table;
}();

const rule* find_rule(option_number number) {
  return number <= highest ? rule_by_number[number] : nullptr;
}

bool fits(const rule& x, const option_list::entry& option) {
  return option.value.size() >= x.shortest && option.value.size() <= x.longest;
}

std::string name(option_number x) {
  return "option " + std::to_string(x);
}

bool has_path(const message& x) {
  return x.options.contains(option::uri_path);
}

/// An opening greeting of a widespread DOTS client: CON GET / with an empty
/// Q-Block2 (RFC 9177). It waits for any answer at all, so it gets the
/// application's.
bool is_greeting(const message& x, const option_list::entry& option) {
  return option.number == option::q_block2 && option.value.empty()
         && x.type == type::con && x.code == code::get && !has_path(x);
}

enum class judgement { keep, ignore, refuse };

judgement judge_hop_limit(const option_list::entry& option, refusal& why) {
  const auto value = read_uint(option.value);
  if (value && *value >= 1 && *value <= 255)
    return judgement::keep;
  why = {code::bad_request, "Hop-Limit is not within 1 to 255"};
  return judgement::refuse;
}

judgement judge_unfit(const option_list::entry& option, std::string_view what,
                      refusal& why) {
  if (!is_critical(option.number))
    return judgement::ignore;
  why = {code::bad_option, name(option.number) + std::string{what}};
  return judgement::refuse;
}

judgement judge_unknown(const message& x, const option_list::entry& option,
                        refusal& why) {
  if (!is_critical(option.number))
    return judgement::keep;
  if (option.number == option::proxy_uri
      || option.number == option::proxy_scheme) {
    why = {code::proxying_not_supported, "this is not a proxy"};
    return judgement::refuse;
  }
  if (is_greeting(x, option))
    return judgement::ignore;
  why = {code::bad_option, name(option.number) + " is not understood"};
  return judgement::refuse;
}

judgement judge(const message& x, const option_list::entry& option,
                bool surplus, refusal& why) {
  const auto* known = find_rule(option.number);
  if (!known)
    return judge_unknown(x, option, why);
  if (!fits(*known, option))
    return judge_unfit(option, " has a wrong length", why);
  if (surplus && !known->repeatable)
    return judge_unfit(option, " occurs more than once", why);
  switch (option.number) {
  case option::hop_limit:
    return judge_hop_limit(option, why);
  case option::uri_path: // RFC 7252, Section 5.10.1
    if (option.text() == "." || option.text() == "..")
      return judge_unfit(option, " is a dot segment", why);
    return judgement::keep;
  default:
    return judgement::keep;
  }
}

judgement judge_in_response(const option_list::entry& option, bool surplus) {
  const auto* known = find_rule(option.number);
  if (!known)
    return is_critical(option.number) ? judgement::refuse : judgement::keep;
  const auto repeatable = known->repeatable && option.number != option::etag;
  if (!fits(*known, option) || (surplus && !repeatable))
    return is_critical(option.number) ? judgement::refuse : judgement::ignore;
  return judgement::keep;
}

/// Calls `judge_one` for each option, removing those it ignores; false if it
/// refused one. A peer may send thousands of them: one walk.
template <class Judge>
bool sift(option_list& options, Judge judge_one) {
  std::optional<option_number> previous;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto option = options[i];
    const auto surplus = previous == option.number;
    previous = option.number;
    switch (judge_one(option, surplus)) {
    case judgement::refuse:
      return false;
    case judgement::ignore:
      break;
    case judgement::keep:
      options.move(i, kept++);
      break;
    }
  }
  options.truncate(kept);
  return true;
}

} // namespace

std::optional<refusal> check_request(message& x) {
  if (x.code > code::del)
    return refusal{code::method_not_allowed,
                   "method " + code_string(x.code) + " is not known"};
  refusal why;
  const auto good = sift(x.options, [&](const auto& option, bool surplus) {
    return judge(x, option, surplus, why);
  });
  if (!good)
    return why;
  if (x.code == code::get || x.code == code::del)
    x.payload.clear(); // RFC 7252, Section 5.5
  return std::nullopt;
}

bool check_response(message& x) {
  return sift(x.options, [&](const auto& option, bool surplus) {
    return judge_in_response(option, surplus);
  });
}

} // namespace tocsin::protocol::coap
