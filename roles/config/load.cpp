#include "roles/config/load.hpp"

#include "roles/config/check.hpp"
#include "roles/config/section_reader.hpp"
#include "transports/crypto/certificate.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace {

/// A list of customers may be long, but a file beyond this is a mistake.
constexpr std::size_t max_file = 64 * 1024 * 1024;

std::filesystem::path absolute_path(const std::filesystem::path& file) {
  std::error_code failed;
  auto out = std::filesystem::absolute(file, failed);
  return failed ? file : out.lexically_normal();
}

/// `then` may add more checks while the places of values are known.
template <class Then>
loaded parse_then(std::string_view text, const std::filesystem::path& file,
                  Then then) {
  loaded out;
  out.value.file = absolute_path(file);
  context c{out.value.file.parent_path()};
  auto parsed = toml::parse(text);
  if (!parsed) {
    const auto& why = parsed.error();
    c.error(begin_of(why.source()), std::string{why.description()},
            "this breaks the rules of TOML, see https://toml.io/");
  } else {
    section_reader reader{parsed.table(), "", false, c};
    describe(reader, out.value);
    reader.finish();
    complete(out.value, c);
    check(out.value, c);
    then(out.value, c);
  }
  out.remarks = c.take();
  return out;
}

} // namespace

std::string to_string(const diagnostic& x, std::string_view file) {
  std::string out{file};
  if (x.line > 0)
    out += ":" + std::to_string(x.line) + ":" + std::to_string(x.column);
  out += x.level == diagnostic::severity::error ? ": error: " : ": warning: ";
  out += x.message;
  return x.hint.empty() ? out : out + "; " + x.hint;
}

bool loaded::good() const {
  return std::none_of(remarks.begin(), remarks.end(), [](const auto& x) {
    return x.level == diagnostic::severity::error;
  });
}

std::string loaded::report() const {
  std::string out;
  for (const auto& x : remarks)
    out += to_string(x, value.file.string()) + "\n";
  return out;
}

loaded parse(std::string_view text, const std::filesystem::path& file) {
  return parse_then(text, file, [](const config&, context&) {});
}

loaded read(const std::filesystem::path& file) {
  auto text = transports::crypto::read_text_file(file, max_file);
  if (text)
    return parse_then(*text, file, check_files);
  loaded out;
  out.value.file = absolute_path(file);
  out.remarks.push_back({diagnostic::severity::error,
                         0,
                         0,
                         "cannot be read: " + text.error().detail,
                         {}});
  return out;
}

result<config> load(const std::filesystem::path& file) {
  auto x = read(file);
  if (!x.good())
    return fail(ec::malformed, file.string(), x.report());
  return std::move(x.value);
}

} // namespace tocsin::roles
