#include "mitigators/nftables/engine.hpp"

#include <cerrno>

// The header names these two tokens its own way.
#ifdef _GNU_SOURCE
#undef _GNU_SOURCE
#endif
extern "C" {
#include <nftables/libnftables.h>
}

namespace tocsin::mitigators::nftables {

namespace {

/// libnftables tells the reason as text alone: lines of "... Error: why" with
/// the offending JSON below them.
failure explain(const char* text) {
  std::string message = text ? text : "";
  auto start = message.find("Error: ");
  message.erase(0, start == std::string::npos ? 0 : start + 7);
  message.erase(std::min(message.find('\n'), message.size()));
  auto says = [&](const char* words) {
    return message.find(words) != std::string::npos;
  };
  if (says("Operation not permitted"))
    return fail(ec::unauthorized, "nftables",
                "needs CAP_NET_ADMIN: " + message);
  if (says("No such file or directory"))
    return fail(ec::not_found, "nftables", message);
  if (says("Message too long") || says("No buffer space")
      || says("Cannot allocate memory"))
    return fail(ec::too_large, "nftables", message);
  return fail(ec::io, "nftables", message.empty() ? "failed" : message);
}

} // namespace

engine::engine() : context_{nft_ctx_new(NFT_CTX_DEFAULT)} {
  if (!context_)
    return;
  nft_ctx_output_set_flags(context_.get(),
                           NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_ALL);
  nft_ctx_buffer_output(context_.get());
  nft_ctx_buffer_error(context_.get());
}

void engine::deleter::operator()(nft_ctx* x) const noexcept {
  nft_ctx_free(x);
}

result<std::string> engine::run(const std::string& json) {
  if (!context_)
    return fail(ec::io, "nftables", "libnftables cannot be set up");
  auto status = nft_run_cmd_from_buffer(context_.get(), json.c_str());
  // Reading either buffer empties it: take both, or it grows.
  std::string output = nft_ctx_get_output_buffer(context_.get());
  auto complaint = nft_ctx_get_error_buffer(context_.get());
  if (status != 0)
    return explain(complaint);
  return output;
}

result<void> engine::probe(const std::string& json) {
  if (!context_)
    return fail(ec::io, "nftables", "libnftables cannot be set up");
  nft_ctx_set_dry_run(context_.get(), true);
  auto outcome = run(json);
  nft_ctx_set_dry_run(context_.get(), false);
  if (!outcome)
    return outcome.error();
  return {};
}

} // namespace tocsin::mitigators::nftables
