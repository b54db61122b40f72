#include "roles/config/load.hpp"

#include "roles/config/check.hpp"
#include "roles/config/section_reader.hpp"
#include "transports/crypto/certificate.hpp"

#include <algorithm>
#include <optional>

namespace tocsin::roles {

namespace {

/// A list of customers may be long, but a file beyond this is a mistake.
constexpr std::size_t max_file = 64 * 1024 * 1024;

std::filesystem::path absolute_path(const std::filesystem::path& file) {
  std::error_code failed;
  auto out = std::filesystem::absolute(file, failed);
  return failed ? file : out.lexically_normal();
}

/// toml++ quotes what it found, whatever that is.
std::string in_one_line(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = '?';
  return out;
}

/// The file as a table; nothing: it is no TOML, which was reported.
std::optional<toml::table> parse_toml(std::string_view text, context& c) {
  static constexpr const char* hint =
      "this breaks the rules of TOML, see https://toml.io/";
  try {
    auto parsed = toml::parse(text);
    if (parsed)
      return std::move(parsed).table();
    const auto& why = parsed.error();
    c.error(begin_of(why.source()), in_one_line(why.description()), hint);
  } catch (const toml_defect&) {
    c.error({}, "the parser can make no sense of this file", hint);
  }
  return {};
}

/// `then` may add more checks while the places of values are known.
template <class Then>
loaded parse_then(std::string_view text, const std::filesystem::path& file,
                  Then then) {
  loaded out;
  out.value.file = absolute_path(file);
  context c{out.value.file.parent_path()};
  if (auto table = parse_toml(text, c)) {
    section_reader reader{*table, "", false, c};
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
