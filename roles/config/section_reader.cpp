#include "roles/config/section_reader.hpp"

#include <algorithm>

namespace tocsin::roles {

std::string section_reader::title() const {
  if (path_.empty())
    return "the file";
  return repeated_ ? "[[" + path_ + "]]" : "[" + path_ + "]";
}

void section_reader::finish() {
  for (const auto& [key, value] : table_) {
    std::string_view word = key.str();
    if (std::find(known_.begin(), known_.end(), word) != known_.end())
      continue;
    auto guess = closest(word, known_);
    c_.error(begin_of(key.source()),
             "unknown key " + in_quotes(word) + " in " + title(),
             guess.empty() ? "possible here: " + join(known_)
                           : "did you mean '" + std::string{guess} + "'?");
  }
}

void section_reader::missing(const option& o) {
  c_.error(begin_of(table_), named(o) + " is missing in " + title(),
           std::string{o.doc});
}

void section_reader::not_repeated(const toml::node& n, const option& o) {
  c_.error(begin_of(n), "'" + path_of(o) + "' must be a repeated table",
           "write [[" + path_of(o) + "]] with double brackets");
}

} // namespace tocsin::roles
