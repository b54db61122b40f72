#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::protocol::restconf {

/// How much a client wants a media type, in thousandths: what the most specific
/// range of its Accept field says (RFC 7231, Section 5.3.2). 0: not at all.
/// Without the field everything is welcome; a weight which cannot be read is 1.
unsigned quality(const std::optional<std::string>& accept,
                 std::string_view media_type);

/// Whether a Content-Type field names the media type, whatever its parameters.
bool is_media_type(std::string_view content_type, std::string_view media_type);

} // namespace tocsin::protocol::restconf
