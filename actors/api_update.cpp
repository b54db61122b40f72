// Changes that operators order: bodies of PUT.
#include "actors/api_body.hpp"
#include "actors/api_order.hpp"

namespace tocsin::actors {

using namespace body;
using protocol::signal::prefix;

namespace {

operator_order& decision_of(mitigation_update& x) {
  if (!x.decision)
    x.decision = operator_order{operator_order::kind::reject};
  return *x.decision;
}

result<void> read_decision(dom::element x, mitigation_update& into) {
  using kind = operator_order::kind;
  auto label = read_text(x, "decision");
  if (!label)
    return label.error();
  for (auto one :
       {kind::call_help, kind::end_help, kind::approve, kind::reject})
    if (to_string(one) == *label) {
      decision_of(into).what = one;
      return {};
    }
  return fail(ec::out_of_range, "decision",
              "takes \"approve\", \"reject\", \"call-help\" or "
              "\"end-help\"");
}

/// Mitigators are chosen with an approval, which is said.
result<void> check_decision(const mitigation_update& x) {
  if (x.decision && !x.decision->mitigators.empty()
      && x.decision->what != operator_order::kind::approve)
    return fail(ec::malformed, "mitigators",
                "go with the decision \"approve\" only");
  return {};
}

} // namespace

result<mitigation_update> parse_update(std::string_view body) {
  using protocol::signal::attack_status;
  static constexpr std::array<member<mitigation_update>, 4> members{{
      {"attack-status",
       [](dom::element x, mitigation_update& into) -> result<void> {
         auto label = read_text(x, "attack-status");
         if (!label)
           return label.error();
         for (auto one : {attack_status::under_attack,
                          attack_status::successfully_mitigated})
           if (to_string(one) == *label)
             into.efficacy = one;
         if (!into.efficacy)
           return fail(ec::out_of_range, "attack-status",
                       "takes \"under-attack\" or "
                       "\"attack-successfully-mitigated\"");
         return {};
       }},
      {"acl-list",
       [](dom::element x, mitigation_update& into) {
         return read_filters(x, into.filters);
       }},
      {"decision",
       [](dom::element x, mitigation_update& into) {
         return read_decision(x, into);
       }},
      {"mitigators",
       [](dom::element x, mitigation_update& into) {
         return read_list<std::string>(
             x, "mitigators", decision_of(into).mitigators,
             [](dom::element y) { return read_text(y, "mitigators"); });
       }},
  }};
  dom::parser parser;
  auto object = read_object(parser, body);
  if (!object)
    return object.error();
  mitigation_update found;
  if (auto done = read_members(*object, members, "an update", found); !done)
    return done.error();
  auto parts = (found.efficacy ? 1 : 0) + (found.filters.empty() ? 0 : 1)
               + (found.decision ? 1 : 0);
  if (parts == 0)
    return fail(ec::missing, "attack-status",
                "an update has it, or an acl-list, or a decision");
  if (parts > 1)
    return fail(ec::malformed, "acl-list",
                "comes without attack-status and decision; make several calls");
  if (auto ok = check_decision(found); !ok)
    return ok.error();
  return found;
}

namespace {

result<void> read_alternate(dom::element x, redirect_wish& wish) {
  auto name = read_text(x, "alt-server");
  if (!name)
    return name.error();
  if (!is_dns_name(*name))
    return fail(ec::malformed, "alt-server",
                "'" + *name + "' is not a domain name");
  wish.alt_server = std::move(*name);
  return {};
}

result<std::string> read_record(dom::element x) {
  auto text = read_text(x, "alt-server-record");
  if (!text)
    return text;
  auto value = prefix::parse(*text);
  if (!value || value->length() != value->max_length())
    return fail(ec::malformed, "alt-server-record",
                "'" + *text + "' is not an address");
  return value->address_string();
}

constexpr std::array<member<redirect_wish>, 3> redirect_members{{
    {"alt-server", read_alternate},
    {"alt-server-record",
     [](dom::element x, redirect_wish& wish) {
       return read_list(x, "alt-server-record", wish.records, read_record);
     }},
    {"max-age",
     [](dom::element x, redirect_wish& wish) -> result<void> {
       auto number = read_integer(x, "max-age", 1, max_lifetime);
       if (!number)
         return number.error();
       wish.max_age = static_cast<std::uint32_t>(*number);
       return {};
     }},
}};

template <std::string handover_wish::*Field>
result<void> read_handover_text(dom::element x, handover_wish& wish,
                                std::string_view name) {
  auto text = read_text(x, name);
  if (!text)
    return text.error();
  wish.*Field = std::string{*text};
  return {};
}

constexpr std::array<member<handover_wish>, 4> handover_members{{
    {"to",
     [](dom::element x, handover_wish& wish) {
       return read_handover_text<&handover_wish::to>(x, wish, "to");
     }},
    {"customer",
     [](dom::element x, handover_wish& wish) {
       return read_handover_text<&handover_wish::customer>(x, wish, "customer");
     }},
    {"cuid",
     [](dom::element x, handover_wish& wish) {
       return read_handover_text<&handover_wish::cuid>(x, wish, "cuid");
     }},
    {"all",
     [](dom::element x, handover_wish& wish) -> result<void> {
       if (x.get_bool().get(wish.all) != simdjson::SUCCESS)
         return fail(ec::malformed, "all", "is true or false");
       return {};
     }},
}};

} // namespace

result<redirect_wish> parse_redirect(std::string_view body) {
  redirect_wish wish;
  if (body.empty())
    return wish;
  dom::parser parser;
  auto object = read_object(parser, body);
  if (!object)
    return object.error();
  if (auto done = read_members(*object, redirect_members, "a redirect", wish);
      !done)
    return done.error();
  if (wish.alt_server.empty() && !wish.records.empty())
    return fail(ec::missing, "alt-server",
                "addresses need the name of their server");
  return wish;
}

result<handover_wish> parse_handover(std::string_view body) {
  handover_wish wish;
  dom::parser parser;
  auto object = read_object(parser, body);
  if (!object)
    return object.error();
  if (auto done = read_members(*object, handover_members, "a handover", wish);
      !done)
    return done.error();
  if (wish.to.empty())
    return fail(ec::missing, "to", "names the sibling");
  if (wish.all && !(wish.customer.empty() && wish.cuid.empty()))
    return fail(ec::malformed, "all", "goes without customer and cuid");
  return wish;
}

} // namespace tocsin::actors
