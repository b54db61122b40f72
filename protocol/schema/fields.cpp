#include "protocol/schema/fields.hpp"

// The table checks itself here, when it is compiled.
namespace tocsin::protocol::schema {

namespace {

constexpr bool is_list(const field& x) {
  return x.type == wire::list_of_maps || x.type == wire::list_of_text
         || x.type == wire::list_of_unsigned;
}

constexpr bool is_map(std::uint16_t key) {
  return key == top || find_field(key)->type == wire::map
         || find_field(key)->type == wire::list_of_maps;
}

constexpr bool keys_are_positions() {
  for (std::size_t i = 0; i < signal_fields.size(); ++i)
    if (signal_fields[i].key != i + 1)
      return false;
  return true;
}

constexpr bool names_are_unique() {
  for (const auto& x : signal_fields)
    if (x.leaf.empty() || find_field(x.leaf) != &x)
      return false;
  return true;
}

constexpr bool parents_are_maps() {
  for (const auto& x : signal_fields)
    for (auto parent : x.where)
      if (parent != none && !is_map(parent))
        return false;
  return true;
}

constexpr bool path_parameters_are_nowhere() {
  return std::ranges::all_of(signal_fields, [](const field& x) {
    bool nowhere = std::ranges::all_of(
        x.where, [](std::uint16_t key) { return key == none; });
    return nowhere == (x.way == flow::path_only);
  });
}

constexpr bool lists_and_only_lists_are_counted() {
  return std::ranges::all_of(signal_fields, [](const field& x) {
    return is_list(x) == (x.most_entries > 0);
  });
}

constexpr bool enumerations_have_all_labels() {
  return std::ranges::all_of(signal_fields, [](const field& x) {
    bool enumeration = x.type == wire::enumeration;
    return enumeration ? x.min == 1 && x.max == x.names.size()
                       : x.names.empty();
  });
}

static_assert(signal_fields.size() == 53);
static_assert(keys_are_positions());
static_assert(names_are_unique());
static_assert(parents_are_maps());
static_assert(path_parameters_are_nowhere());
static_assert(lists_and_only_lists_are_counted());
static_assert(enumerations_have_all_labels());
static_assert(std::ranges::all_of(signal_fields, [](const field& x) {
  return comprehension_required(x.key) && !x.section.empty();
}));
static_assert(find_field(std::uint64_t{14})->leaf == "lifetime");
static_assert(!find_field(std::uint64_t{0}) && !find_field(std::uint64_t{54}));

} // namespace

} // namespace tocsin::protocol::schema
