#define TOML_IMPLEMENTATION
#include "roles/config/toml.hpp"

namespace tocsin::roles {

void toml_violated(std::string_view expression) {
  // parse_key() goes on to refuse a key that begins with another character.
  if (!expression.starts_with("is_bare_key_character(*cp) ||"))
    throw toml_defect{};
}

} // namespace tocsin::roles
