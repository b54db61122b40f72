#include "protocol/data/advice.hpp"

#include "protocol/data/wanted.hpp"
#include "protocol/restconf/error_reader.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::protocol::data {

namespace {

using yang::error_tag;

ec code_of(unsigned status) {
  switch (status) {
  case 401:
  case 403:
    return ec::unauthorized;
  case 404:
    return ec::not_found;
  case 405:
  case 501:
    return ec::unsupported;
  case 409:
  case 412:
    return ec::conflict;
  case 413:
    return ec::too_large;
  case 429:
  case 503:
    return ec::unavailable;
  default:
    return ec::unacceptable;
  }
}

/// What may help where the status alone decides.
std::string_view advice_for(unsigned status) {
  switch (status) {
  case 301:
  case 302:
  case 307:
  case 308:
    return "it wants to be called elsewhere, and a data channel follows "
           "nobody: set 'server' and 'root' of the upstream's data section";
  case 401:
  case 403:
    return "the provider has to let this client do that: are these prefixes "
           "and names registered as yours, and is this certificate?";
  case 404:
    return "it has nothing of that name; if all requests end so, 'root' of the "
           "upstream's data section is wrong";
  case 405:
  case 501:
    return "the server does not offer that";
  case 406:
  case 415:
    return "it seems to speak XML only, and the data channel of DOTS is JSON";
  case 409:
    return "it exists already, a quota of the server is used up, or a filter "
           "of another client of yours says the opposite; `tocsin alias list` "
           "and `tocsin filter list` show what is there";
  case 413:
    return "that is more than the server takes at once";
  case 429:
    return "too many requests: it is tried again later";
  case 503:
    return "its data channel is closed or overloaded: it is tried again later";
  case 508:
    return "gateways on the way send requests in a circle: tell their "
           "operators";
  default:
    return status >= 500 ? "that is the server's fault: tell the provider"
                         : std::string_view{};
  }
}

/// What may help where the server named a reason.
std::string_view advice_for(error_tag tag) {
  switch (tag) {
  case error_tag::unknown_element:
  case error_tag::unknown_namespace:
    return "the server does not know that, or its drivers cannot do it: see "
           "`tocsin capabilities`";
  case error_tag::missing_attribute:
    return "add what is missing there";
  case error_tag::invalid_value:
  case error_tag::bad_element:
  case error_tag::bad_attribute:
    return "correct the value there";
  case error_tag::too_big:
    return "split it";
  default:
    return {};
  }
}

} // namespace

failure explain(const restconf::response& x) {
  auto errors = restconf::read_errors(x.body);
  std::string where;
  std::string said = "the server answers " + std::to_string(x.status);
  if (!errors.empty()) {
    const auto& first = errors.front();
    where = below_client(first.path);
    said += " (" + std::string{to_string(first.tag)} + ')';
    if (!first.message.empty())
      said += ": " + first.message;
    if (errors.size() > 1)
      said += " (and " + std::to_string(errors.size() - 1) + " more)";
  }
  auto advice = x.status == 400 && !errors.empty()
                    ? advice_for(errors.front().tag)
                    : advice_for(x.status);
  if (!advice.empty())
    said += "; " + std::string{advice};
  return fail(code_of(x.status), std::move(where), std::move(said));
}

} // namespace tocsin::protocol::data
