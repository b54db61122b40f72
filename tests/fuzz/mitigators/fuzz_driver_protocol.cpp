// Both decoders of the driver protocol, and the driver's machine behind them:
// what was decoded must survive another round.
#include "mitigators/driver_machine.hpp"
#include "protocol/bytes.hpp"

#include <cstdlib>

using namespace tocsin;
using namespace tocsin::mitigators;

namespace {

/// Accepts everything.
class idle_backend final : public backend {
public:
  to_node::hello describe() const override {
    to_node::hello x;
    x.filters = true;
    return x;
  }
  failures sync(const batch&) override { return {}; }
  failures install(const batch&) override { return {}; }
  failures withdraw(const std::vector<std::string>&) override { return {}; }
  result<totals> counters() override { return totals{}; }
  to_node::status health() const override { return {}; }
  void shutdown(bool) override {}
};

template <class Message, class Decode>
void round_trip(std::string_view line, Decode decode) {
  auto x = decode(line);
  if (!x)
    return;
  auto text = encode(Message{*x});
  text.pop_back(); // the line end
  auto again = decode(text);
  if (!again || *again != *x)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto text = as_text({data, size});
  idle_backend idle;
  driver_machine machine{idle};
  auto splitter = make_splitter();
  splitter.push(text);
  splitter.push("\n");
  while (auto line = splitter.next()) {
    round_trip<order>(line->text, decode_order);
    round_trip<report>(line->text, decode_report);
    machine.on_line(*line);
  }
  return 0;
}
