#pragma once
#include "actors/data_views.hpp"
#include "protocol/error.hpp"
#include "roles/cli/node_client.hpp"

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

/// `tocsin data`: the data channel of a server node.
namespace tocsin::roles::cli {

struct data_report_options {
  std::string cuid; ///< empty: all clients in short
  std::string customer;
};

exit_code data(node_client& node, const data_report_options& options);

/// As the other answers (answers.hpp).
result<std::vector<actors::data_client_view>>
read_data_clients(std::string_view json);
result<actors::data_client_details> read_data_client(std::string_view json);

void show_data_clients(std::ostream& out,
                       const std::vector<actors::data_client_view>& xs,
                       bool colour);
void show_data_client(std::ostream& out, const actors::data_client_details& x,
                      bool colour);

} // namespace tocsin::roles::cli
