#pragma once
#include "protocol/error.hpp"

#include <memory>
#include <string>

struct nft_ctx;

namespace tocsin::mitigators::nftables {

/// Runs transactions in the kernel through libnftables; each is carried out
/// completely or not at all.
class engine {
public:
  engine();

  /// Carries out commands (JSON, see libnftables-json(5)) and returns what
  /// they print. Fails with ec::unauthorized, ec::not_found, ec::too_large or
  /// ec::io.
  result<std::string> run(const std::string& json);
  /// Asks the kernel whether it would carry out the commands.
  result<void> probe(const std::string& json);

private:
  struct deleter {
    void operator()(nft_ctx* x) const noexcept;
  };
  std::unique_ptr<nft_ctx, deleter> context_;
};

} // namespace tocsin::mitigators::nftables
