#pragma once
#include "transports/credentials.hpp"

namespace tocsin::transports {

/// What credentials were called before they served TLS, too.
using dtls_credentials = credentials;

} // namespace tocsin::transports
