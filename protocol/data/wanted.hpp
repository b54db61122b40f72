#pragma once
#include "protocol/data/acl_reader.hpp"
#include "protocol/data/records.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/yang/decode.hpp"
#include "protocol/yang/error.hpp"
#include "protocol/yang/path.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The client's side of the data channel: what is wanted of a server, and what
/// a server says that it holds.
namespace tocsin::protocol::data {

/// Names an entry of a client.
struct entry_name {
  entry_kind kind = entry_kind::alias;
  std::string name;

  friend auto operator<=>(const entry_name&, const entry_name&) = default;
};

/// "alias 'web'", "filter 'ntp'": for people.
std::string to_string(const entry_name& x);

/// An alias or ACL as it is to be: configuration only.
struct wanted_entry {
  entry_name key;
  yang::data_node node; ///< with defaults in use
};

/// An alias or ACL as a server holds it.
struct held_entry {
  entry_name key;
  yang::data_node node;  ///< configuration, with defaults in use
  yang::data_node whole; ///< the same with state data
};

/// Reads aliases and ACLs from a document in the format of RFC 8783 (Sections
/// 6.1 and 7.2): `{"ietf-dots-data-channel:acls":{"acl":[...]}}`, the same of
/// aliases, or both; a list without its container will do. They are judged as
/// a server would judge them, but for what only the server can know: who the
/// client is, and what its drivers can do. The path of an error begins below
/// the client: "acls/acl[name='x']/...".
yang::outcome<std::vector<wanted_entry>> read_wanted(std::string_view text);

/// Whether drivers with these abilities could take the entry.
std::optional<yang::error> judge(const wanted_entry& x,
                                 const filter_abilities& can);

/// An alias for this target, which has no aliases of its own.
wanted_entry make_alias(const std::string& name, const signal::target& what);

/// What a server says of a client: the answer to a GET of it.
yang::outcome<std::vector<held_entry>> read_held(std::string_view text,
                                                 std::string_view cuid);

/// The container `capabilities`: the answer to a GET of it.
yang::outcome<yang::data_node> read_capabilities(std::string_view text);

/// The body of a PUT of an entry, as RFC 8783 prints it.
std::string put_body(const wanted_entry& x);

/// Entries of one kind as the document that read_wanted() takes.
std::string to_document(const std::vector<const yang::data_node*>& entries,
                        entry_kind kind);

/// Without what leads to the client: "acls/acl[name='x']/type".
std::string below_client(std::string_view path);

} // namespace tocsin::protocol::data
