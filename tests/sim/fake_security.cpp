#include "tests/sim/fake_security.hpp"

#include <algorithm>

namespace tocsin::sim {

namespace {

using namespace std::chrono_literals;

constexpr duration first_repeat = 1s;
constexpr duration slowest_repeat = 8s;
constexpr std::size_t header = 17; // a letter and two numbers
constexpr std::size_t datagram_plaintext = 1200;
constexpr std::size_t stream_plaintext = 16384;

std::uint64_t read_number(byte_view x, std::size_t at) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i)
    out = out << 8 | x[at + i];
  return out;
}

void write_number(bytes& out, std::uint64_t x) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(x >> shift));
}

} // namespace

record kind_of(byte_view datagram) {
  return static_cast<record>(datagram.empty() ? 0 : datagram[0]);
}

std::uint64_t number_of(byte_view datagram) {
  return datagram.size() < header ? 0 : read_number(datagram, 9);
}

bool is_hello(byte_view datagram) {
  return kind_of(datagram) == record::hello;
}

fake_association::fake_association(settings x)
    : settings_{std::move(x)}, pause_{first_repeat} {
  if (settings_.server) {
    server_nonce_ = settings_.nonce;
  } else {
    client_nonce_ = settings_.nonce;
    put(record::hello, client_nonce_, 0, as_octets(settings_.name));
    repeat_ = settings_.born + pause_;
  }
}

void fake_association::put(record what, std::uint64_t first,
                           std::uint64_t second, byte_view rest) {
  bytes x;
  if (settings_.reliable) {
    auto length = header + rest.size();
    x.push_back(static_cast<std::uint8_t>(length >> 8));
    x.push_back(static_cast<std::uint8_t>(length));
  }
  x.push_back(static_cast<std::uint8_t>(what));
  write_number(x, first);
  write_number(x, second);
  x.insert(x.end(), rest.begin(), rest.end());
  out_.push_back(std::move(x));
}

void fake_association::receive(byte_view octets, time_point) {
  if (!settings_.reliable) {
    take(octets);
    return;
  }
  partial_.insert(partial_.end(), octets.begin(), octets.end());
  std::size_t used = 0;
  while (partial_.size() - used >= 2) {
    auto length =
        static_cast<std::size_t>(partial_[used] << 8 | partial_[used + 1]);
    if (partial_.size() - used - 2 < length)
      break;
    take(byte_view{partial_}.subspan(used + 2, length));
    used += 2 + length;
  }
  partial_.erase(partial_.begin(),
                 partial_.begin() + static_cast<std::ptrdiff_t>(used));
}

void fake_association::take(byte_view one) {
  if (state_ == state::closed || one.size() < header)
    return;
  auto what = kind_of(one);
  if (what != record::data && what != record::goodbye)
    return handshake(what, one);
  bool ours =
      read_number(one, 1) == key() && client_nonce_ != 0 && server_nonce_ != 0;
  if (!ours)
    return;
  // Only who has the key sends these: the finish may have been lost.
  if (settings_.server && state_ == state::handshaking)
    establish(claimed_);
  if (state_ != state::established || !fresh(read_number(one, 9)))
    return;
  confirmed_ = true;
  repeat_.reset();
  if (what == record::goodbye)
    state_ = state::closed;
  else
    in_.emplace_back(one.begin() + header, one.end());
}

void fake_association::handshake(record what, byte_view one) {
  auto first = read_number(one, 1);
  auto second = read_number(one, 9);
  auto rest = one.subspan(header);
  if (settings_.server) {
    if (what == record::hello
        && (client_nonce_ == 0 || client_nonce_ == first)) {
      client_nonce_ = first;
      claimed_ = as_text(rest);
      put(record::welcome, client_nonce_, server_nonce_,
          as_octets(settings_.name));
    } else if (what == record::finish && first == client_nonce_
               && second == server_nonce_) {
      establish(claimed_);
      put(record::done, client_nonce_, server_nonce_, {});
    }
    return;
  }
  if (first != client_nonce_)
    return;
  if (what == record::welcome && state_ == state::handshaking) {
    server_nonce_ = second;
    establish(std::string{as_text(rest)});
    put(record::finish, client_nonce_, server_nonce_, {});
  } else if (what == record::done && second == server_nonce_) {
    confirmed_ = true;
    repeat_.reset();
  }
}

void fake_association::establish(const std::string& name) {
  if (state_ != state::handshaking)
    return;
  state_ = state::established;
  peer_.common_name = name;
  peer_.dns_names = {name};
  peer_.fingerprint = "sha256:" + name;
}

/// As in RFC 6347, Section 4.1.2.6.
bool fake_association::fresh(std::uint64_t number) {
  if (number > newest_) {
    auto step = number - newest_;
    window_ = step < 64 ? window_ << step | 1 : 1;
    newest_ = number;
    return true;
  }
  auto age = newest_ - number;
  if (age >= 64 || (window_ >> age & 1) != 0)
    return false;
  window_ |= std::uint64_t{1} << age;
  return true;
}

result<void> fake_association::send(byte_view plaintext) {
  if (state_ != state::established)
    return fail(ec::closed, "association", "not established");
  if (plaintext.size() > max_plaintext())
    return fail(ec::too_large, "association", "does not fit");
  put(record::data, key(), ++sent_, plaintext);
  return {};
}

bool fake_association::next_datagram(bytes& out) {
  if (out_.empty())
    return false;
  out = std::move(out_.front());
  out_.pop_front();
  return true;
}

bool fake_association::next_plaintext(bytes& out) {
  if (in_.empty())
    return false;
  out = std::move(in_.front());
  in_.pop_front();
  return true;
}

void fake_association::close() {
  if (state_ == state::established)
    put(record::goodbye, key(), ++sent_, {});
  state_ = state::closed;
  repeat_.reset();
}

void fake_association::fail_with(std::string why) {
  state_ = state::closed;
  failure_ = std::move(why);
  repeat_.reset();
}

std::optional<time_point> fake_association::next_deadline() const noexcept {
  if (state_ == state::closed)
    return std::nullopt;
  if (settings_.server)
    return state_ == state::handshaking
               ? std::optional{settings_.born + server_patience}
               : std::nullopt;
  return repeat_;
}

void fake_association::on_time(time_point now) {
  auto limit = settings_.server ? server_patience : client_patience;
  if (state_ == state::handshaking && now >= settings_.born + limit)
    return fail_with("no handshake in time");
  if (!repeat_ || now < *repeat_)
    return;
  pause_ = std::min(2 * pause_, slowest_repeat);
  repeat_ = now + pause_;
  if (settings_.reliable)
    return; // the stream repeats by itself
  if (state_ == state::handshaking)
    put(record::hello, client_nonce_, 0, as_octets(settings_.name));
  else if (!confirmed_)
    put(record::finish, client_nonce_, server_nonce_, {});
}

std::size_t fake_association::max_plaintext() const noexcept {
  return settings_.reliable ? stream_plaintext : datagram_plaintext;
}

} // namespace tocsin::sim
