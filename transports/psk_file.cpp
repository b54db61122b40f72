#include "transports/psk_file.hpp"

#include "transports/credential_io.hpp"
#include "transports/crypto/digest.hpp"

#include <algorithm>
#include <optional>

namespace tocsin::transports {

namespace {

// RFC 4279, Section 5.3 asks for 64; below 16 a key can be guessed.
constexpr std::size_t min_key = 16;
constexpr std::size_t max_key = 64;

// One less than BoringSSL takes: RFC 4279 asks for 128 "up to" and libcoap's
// tools cut at 128 with the terminator.
constexpr std::size_t max_identity = 127;

std::optional<std::uint8_t> digit(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F')
    return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    return std::nullopt;
  bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    auto high = digit(text[i]), low = digit(text[i + 1]);
    if (!high || !low) {
      wipe(out);
      return std::nullopt;
    }
    out.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  return out;
}

bool is_identity(std::string_view x) {
  return !x.empty() && x.size() <= max_identity
         && std::ranges::none_of(x, [](char c) {
              auto octet = static_cast<unsigned char>(c);
              return octet < 0x20 || octet == 0x7f;
            });
}

} // namespace

psk_table::~psk_table() {
  for (auto& [identity, key] : keys_)
    wipe(key);
}

result<psk_table> psk_table::load(const std::filesystem::path& file) {
  auto content = read_credential_file(file, "file of pre-shared keys");
  if (!content)
    return content.error();
  psk_table out;
  auto status = check_secrecy(file, "file of pre-shared keys");
  auto rest = as_text(*content);
  for (std::size_t number = 1; status && !rest.empty(); ++number) {
    auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.empty() || line.starts_with('#'))
      continue;
    if (auto added = out.add(line); !added)
      status =
          fail(added.error().code, file.string(),
               "line " + std::to_string(number) + ": " + added.error().detail);
  }
  wipe(*content);
  if (!status)
    return status.error();
  if (out.empty())
    return fail(ec::malformed, file.string(),
                "no key in it; expected lines identity:hexkey as psktool "
                "writes them");
  bytes all;
  for (const auto& [identity, key] : out.keys_) {
    all.insert(all.end(), identity.begin(), identity.end());
    all.push_back(0);
    auto digest = crypto::sha256(key);
    all.insert(all.end(), digest.begin(), digest.end());
  }
  out.digest_ = crypto::sha256(all);
  return out;
}

result<void> psk_table::add(std::string_view line) {
  auto colon = line.find(':');
  auto identity = line.substr(0, colon);
  if (colon == line.npos || !is_identity(identity))
    return fail(ec::malformed, {}, "expected identity:hexkey");
  auto key = from_hex(line.substr(colon + 1));
  if (!key)
    return fail(ec::malformed, {}, "the key is not hexadecimal");
  if (key->size() < min_key || key->size() > max_key) {
    wipe(*key);
    return fail(ec::malformed, {}, "a key has 16 to 64 octets");
  }
  if (!keys_.emplace(std::string{identity}, *std::move(key)).second)
    return fail(ec::conflict, {}, "this identity occurred before");
  return {};
}

const bytes* psk_table::find(std::string_view identity) const {
  auto at = keys_.find(identity);
  return at == keys_.end() ? nullptr : &at->second;
}

} // namespace tocsin::transports
