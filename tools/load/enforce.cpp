// From a PUT to protection, as its client sees it.
#include "tools/load/crowd.hpp"
#include "tools/load/requests.hpp"

#include "protocol/coap/codec.hpp"
#include "protocol/signal/codec.hpp"

namespace tocsin::tools::load {

namespace {

namespace sig = protocol::signal;
using clock_type = std::chrono::steady_clock;

// Far longer than any driver that is of use takes for one rule.
constexpr std::chrono::seconds patience{10};

std::optional<sig::status> status_in(byte_view message) {
  auto x = protocol::coap::parse(message);
  if (!x)
    return {};
  auto body = sig::decode(x->payload, sig::direction::response);
  const auto* all = body ? std::get_if<sig::mitigation_scope>(&*body) : nullptr;
  if (!all || all->scope.size() != 1)
    return {};
  return all->scope.front().state;
}

arguments alone(arguments x) {
  x.sessions = x.outstanding = 1;
  return x;
}

/// One client, which looks at its mitigation again as soon as it has seen it:
/// what it reads is late by one look at most. Notifications would not do: after
/// one, a server leaves the next NON for some seconds (RFC 7641,
/// Section 4.5.1).
class enforcement final : crowd {
public:
  explicit enforcement(const arguments& with)
      : crowd{with}, with_{with}, meter_{with.watch} {}

  result<load_report> run();

private:
  void on_done(const finished& x) override {
    if (x.what.kind != request_kind::put)
      return;
    if (!x.code || !protocol::coap::is_success(*x.code)) {
      over(x.code ? protocol::coap::code_string(*x.code) : "lost");
      return;
    }
    look();
  }
  void on_session_lost(std::size_t, const std::string& why) override {
    trouble_ = why;
  }
  void on_notification(std::size_t, byte_view message) override {
    auto answer = read_answer(message);
    if (!waits_ || !answer || answer->number != (observe_bit | mid_))
      return;
    if (status_in(message) == sig::status::mitigated)
      over("mitigated");
    else
      look();
  }
  void look() { clients().send(0, source().look_at(0, mid_)); }
  void over(const std::string& outcome) {
    waits_ = false;
    meter_.done("mitigation", clock_type::now() - sent_, outcome);
  }
  void protect_one();
  void clean_up();

  const arguments& with_;
  meter meter_;
  std::uint32_t mid_ = prepared_mid;
  time_point sent_;
  bool waits_ = false;
  std::string trouble_;
};

void enforcement::protect_one() {
  ++mid_;
  waits_ = true;
  sent_ = clock_type::now();
  ask({request_kind::put, 0, 0, mid_}, sent_);
  while (waits_ && trouble_.empty() && clock_type::now() < sent_ + patience)
    turn(std::chrono::milliseconds{10});
  if (std::exchange(waits_, false))
    meter_.lost("mitigation");
}

// A node with many rules is another question.
void enforcement::clean_up() {
  ask({request_kind::del, 0, 0, mid_}, clock_type::now());
  while (under_way() > 0)
    turn(std::chrono::milliseconds{10});
}

result<load_report> enforcement::run() {
  if (auto ok = connect(); !ok)
    return ok.error();
  meter_.begin(clock_type::now());
  for (std::uint64_t i = 0; i < with_.count && trouble_.empty(); ++i) {
    protect_one();
    clean_up();
  }
  meter_.end(clock_type::now());
  if (!trouble_.empty())
    return fail(ec::unavailable, with_.server, trouble_);
  auto out = report();
  out.measured = meter_.result();
  close();
  return out;
}

} // namespace

result<load_report> run_enforcement(const arguments& with) {
  auto one = alone(with);
  return enforcement{one}.run();
}

} // namespace tocsin::tools::load
