#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Requests that a data channel must not take, and what must come of each.
namespace tocsin::test::negative::data {

/// Who makes a request. A client is registered for each of the first three,
/// before the first row: see `prelude`.
enum class caller : std::uint8_t {
  customer, ///< the client "neg", with an alias and two ACLs
  sibling,  ///< the client "sib" of another agent of the same customer
  other,    ///< the client "oth" of another customer
  stranger, ///< a good certificate that belongs to no customer
};

/// What the answer has to be.
struct wanted {
  unsigned status = 400;
  std::string_view tag{}; ///< error-tag; empty: any
  unsigned or_status = 0; ///< where specifications leave the choice
};

struct row {
  std::string name;
  caller who = caller::customer;
  std::string method = "GET";
  std::string path;     ///< as it is sent; see `path_of`
  std::string fields{}; ///< header fields, each with CR LF
  std::string body{};
  wanted answer{};
  /// Sent instead of all that, if there is any.
  std::string raw{};
};

using table = std::vector<row>;

/// `{r}`: the root; `{dd}`: the datastore of this module; `{me}`: "neg".
std::string path_of(std::string_view pattern);

/// JSON from a notation with single quotes.
std::string json(std::string_view notation);

/// The header fields of a request with a body.
std::string json_fields();

/// A request with a body in that notation, if there is any.
row ask(std::string name, std::string method, std::string_view pattern,
        std::string_view body, wanted answer);

// Each adds the rows of one area.
void add_http(table& to);
void add_methods(table& to);
void add_paths(table& to);
void add_queries(table& to);
void add_conditions(table& to);
void add_rights(table& to);
void add_json(table& to);
void add_clients(table& to);
void add_aliases(table& to);
void add_acls(table& to);
void add_entries(table& to);

/// All of them.
table all_rows();

/// What the table takes for granted; may be sent again.
table prelude();

} // namespace tocsin::test::negative::data
