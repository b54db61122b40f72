#include "roles/config/explain.hpp"
#include "roles/config/schema.hpp"
#include "roles/config/text.hpp"

#include <type_traits>

namespace tocsin::roles {

namespace {

std::string in_code(std::string_view text) {
  return text.empty() ? "" : "`" + std::string{text} + "`";
}

/// A kind of value and how its default is written.
struct shown {
  std::string kind, fallback;
};

template <class T>
requires std::is_enum_v<T> shown show(const T& x, const option&) {
  std::string kind;
  for (auto name : labels_of(x))
    kind += (kind.empty() ? "" : ", ") + in_code('"' + std::string{name} + '"');
  return {"one of " + kind, in_code('"' + std::string{label(x)} + '"')};
}

shown show(const bool& x, const option&) {
  return {"boolean", in_code(x ? "true" : "false")};
}

template <class T>
requires(std::is_same_v<T, std::uint32_t> || std::is_same_v<T, std::uint64_t>)
    shown show(const T& x, const option& o) {
  auto kind =
      "number, " + std::to_string(o.min) + " to " + std::to_string(o.max);
  if (!o.unit.empty())
    kind += ", " + std::string{o.unit};
  return {kind, in_code(std::to_string(x))};
}

shown show(const std::int64_t& x, const option& o) {
  auto kind = "duration, " + duration_text(static_cast<std::int64_t>(o.min))
              + " to " + duration_text(static_cast<std::int64_t>(o.max));
  if (o.min > 1)
    kind += ", or 0s";
  if (o.indefinite)
    kind += ", or `\"indefinite\"`";
  return {kind, in_code('"' + duration_text(x) + '"')};
}

shown show(const std::chrono::seconds& x, const option& o) {
  return show(std::int64_t{x.count()}, o);
}

shown show(const std::string& x, const option& o) {
  auto text = x.empty() ? "" : in_code('"' + x + '"');
  switch (o.as) {
  case form::name:
    return {"name", text};
  case form::domain:
    return {"DNS name", text};
  case form::wildcard:
    return {"DNS name pattern", text};
  case form::uri:
    return {"URI", text};
  case form::driver:
    return {"driver", text};
  case form::root:
    return {"path of a URI", text};
  default:
    return {"text", text};
  }
}

shown show(const std::filesystem::path& x, const option&) {
  return {"path", x.empty() ? "" : in_code('"' + x.string() + '"')};
}

shown show(const endpoint& x, const option&) {
  return {"address", x.host.empty() ? "" : in_code('"' + x.to_string() + '"')};
}

shown show(const std::optional<std::chrono::seconds>&, const option& o) {
  return {show(std::int64_t{}, o).kind, ""};
}

shown show(const std::optional<prefix>&, const option&) {
  return {"address", ""};
}

shown show(const prefix&, const option&) {
  return {"prefix", ""};
}

shown show(const std::optional<protocol::signal::port_range>&, const option&) {
  return {"port or range of ports", ""};
}

shown show(const std::optional<std::uint32_t>&, const option& o) {
  return {show(std::uint32_t{}, o).kind, ""};
}

shown show(const protocol::signal::customer_identities&, const option&) {
  return {"list of identities", ""};
}

shown show(const std::vector<std::string>&, const option& o) {
  return {"list of " + show(std::string{}, o).kind + "s", "none"};
}

shown show(const std::vector<prefix>&, const option&) {
  return {"list of prefixes", "none"};
}

shown show(const std::vector<protocol::signal::port_range>&, const option&) {
  return {"list of ports", "none"};
}

shown show(const std::vector<std::uint8_t>&, const option&) {
  return {"list of protocols", "none"};
}

template <class T>
requires std::is_enum_v<T> shown show(const std::optional<T>&,
                                      const option& o) {
  return {show(T{}, o).kind, ""};
}

template <class T>
requires std::is_enum_v<T> shown show(const std::vector<T>& x,
                                      const option& o) {
  std::string list;
  for (auto one : x)
    list += (list.empty() ? "\"" : ", \"") + std::string{label(one)} + '"';
  return {"list, each " + show(T{}, o).kind, in_code("[" + list + "]")};
}

shown show(const std::vector<endpoint>& x, const option&) {
  std::string list;
  for (const auto& one : x)
    list += (list.empty() ? "\"" : ", \"") + one.to_string() + '"';
  return {"list of addresses", in_code("[" + list + "]")};
}

template <class T>
shown show(const std::map<std::string, T>&, const option&) {
  return {"table", "none"};
}

/// Writes a section's own options as a table, and its inner sections after it.
class reference_writer {
public:
  reference_writer(std::string path, std::string& out)
      : path_{std::move(path)}, out_{out} {}

  template <class T>
  void operator()(T& member, const option& o) {
    if constexpr (is_section<T>)
      inner(member, o, false);
    else
      row(member, o);
  }

  template <class T>
  requires is_section<T>
  void operator()(std::optional<T>&, const option& o) {
    T fresh;
    inner(fresh, o, false);
  }

  template <class T>
  requires is_section<T>
  void operator()(std::vector<T>&, const option& o) {
    T fresh;
    inner(fresh, o, true);
  }

  void finish() {
    if (!rows_.empty())
      out_ +=
          "\n| Key | Value | Default | Meaning |\n|---|---|---|---|\n" + rows_;
    out_ += sections_;
  }

private:
  template <class T>
  void row(const T& member, const option& o) {
    auto [kind, fallback] = show(member, o);
    if (o.required)
      fallback = "**required**";
    else if (!o.fallback.empty())
      fallback = o.fallback;
    rows_ += "| " + in_code(o.name) + " | " + kind + " | " + fallback + " | "
             + std::string{o.doc} + " |\n";
  }

  template <class T>
  void inner(T& section, const option& o, bool repeated) {
    auto path = (path_.empty() ? "" : path_ + ".") + std::string{o.name};
    sections_ += "\n## `" + std::string(repeated ? 2 : 1, '[') + path
                 + std::string(repeated ? 2 : 1, ']') + "`\n\n"
                 + std::string{o.doc} + "\n";
    reference_writer writer{path, sections_};
    describe(writer, section);
    writer.finish();
  }

  std::string path_;
  std::string& out_;
  std::string rows_, sections_;
};

constexpr std::string_view preface = R"(# Configuration

<!-- Generated by write_reference() in roles/config; do not edit. -->

One TOML file describes a node. The tables in it decide its roles: `[server]`
makes it a DOTS server, `[client]` a DOTS client, both make it both. Every
mistake is reported with its line and column, all of them at once:
`tocsin check -c FILE`. Commented samples are in `configs/`.

- Durations are text with units: `"30s"`, `"2m"`, `"1h30m"`, `"1d"`.
- Relative paths count from the directory of the file.
- Prefixes are written `"192.0.2.0/24"`, with no bits beyond the length; an
  address alone is a host prefix.
- Unknown keys are errors.
)";

} // namespace

std::string write_reference() {
  std::string out{preface};
  config fresh;
  reference_writer writer{"", out};
  describe(writer, fresh);
  writer.finish();
  return out;
}

} // namespace tocsin::roles
