#include "roles/cli/arguments.hpp"

#include <CLI/CLI.hpp>

namespace tocsin::roles::cli {

namespace {

void add_upstream(CLI::App& app, arguments& into) {
  app.add_option("--upstream", into.data.upstream,
                 "Which upstream's data channel, if there are several")
      ->type_name("NAME");
  add_common(app, into);
}

void add_entry(CLI::App& app, arguments& into, const char* description) {
  app.add_option("name", into.data.name, description)
      ->type_name("NAME")
      ->required();
}

void add_verbs(CLI::App& app, arguments& into, const std::string& word) {
  auto command = "tocsin " + word;
  auto* list = add(app, "list", "List what the upstream holds",
                   "Example:\n  " + command + " list");
  add_upstream(*list, into);
  auto* show = add(app, "show", "Show one of them",
                   "Example:\n  " + command + " show web");
  add_entry(*show, into, "Which one");
  add_upstream(*show, into);
  auto* remove = add(
      app, "delete", "Remove one of them",
      "What the node's configuration sets up is taken out there instead.\n\n"
      "Example:\n  "
          + command + " delete web");
  add_entry(*remove, into, "Which one");
  add_upstream(*remove, into);
}

void add_alias(CLI::App& app, arguments& into) {
  auto& x = into.data;
  auto* alias = add(
      app, "alias", "Names for targets that an upstream knows",
      "An alias stands for addresses and names, and is set up at the upstream "
      "before an\nattack, over the data channel (RFC 8783). It is kept there "
      "until it is deleted: this\nnode refreshes it, and sets it up again if "
      "the upstream has lost it.\n\n"
      "Examples:\n"
      "  tocsin alias create web 203.0.113.80 --protocol tcp --port 443\n"
      "  tocsin alias list\n"
      "  tocsin mitigate --alias web\n"
      "  tocsin alias delete web");
  alias->require_subcommand(1);
  add_verbs(*alias, into, "alias");
  auto* create = add(
      *alias, "create", "Set up an alias, or replace it",
      "Examples:\n"
      "  tocsin alias create web 203.0.113.80 203.0.113.81\n"
      "  tocsin alias create dns --fqdn ns.example.com --protocol udp --port "
      "53");
  add_entry(*create, into, "What it will be called");
  create->add_option("target", x.targets, "Addresses and prefixes")
      ->type_name("PREFIX");
  add_list(*create, "--port", x.ports, "PORT",
           "Only this port or range, e.g. 80 or 8000-8100");
  add_list(*create, "--protocol", x.protocols, "NAME",
           "Only this protocol: udp, tcp, icmp, ... or its number");
  add_list(*create, "--fqdn", x.fqdns, "NAME", "The addresses of a name");
  add_list(*create, "--uri", x.uris, "URI", "The addresses of a URI");
  add_upstream(*create, into);
}

void add_filter_create(CLI::App& filter, arguments& into) {
  auto& x = into.data;
  auto* create = add(
      filter, "create", "Set up a filter, or replace it",
      "Without --from or --to it looks at packets from everywhere, to all that "
      "is ours.\nFilters are tried in their order, the first that matches "
      "decides. For more than one\nrule in a filter, write a file and use "
      "`tocsin filter import`.\n\n"
      "Examples:\n"
      "  tocsin filter create ntp --protocol udp --from-port 123\n"
      "  tocsin filter create partner --from 198.51.100.0/24 --action accept\n"
      "  tocsin filter create slow --to 203.0.113.80 --action 125000 --when "
      "always");
  add_entry(*create, into, "What it will be called");
  add_list(*create, "--from", x.from, "PREFIX", "Packets from there");
  add_list(*create, "--to", x.to, "PREFIX", "Packets to there, which is ours");
  create
      ->add_option("--protocol", x.protocol, "udp, tcp, icmp, ... or a number")
      ->type_name("NAME");
  create->add_option("--from-port", x.from_port, "From this port or range")
      ->type_name("PORT");
  create->add_option("--to-port", x.to_port, "To this port or range")
      ->type_name("PORT");
  create
      ->add_option("--action", x.action,
                   "drop, accept, or how many octets per second may pass")
      ->type_name("ACTION")
      ->check([](const std::string& text) -> std::string {
        bool is_rate =
            !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
        return is_rate || text == "drop" || text == "accept"
                   ? ""
                   : "takes drop, accept, or octets per second";
      })
      ->capture_default_str();
  create
      ->add_option("--when", x.when,
                   "mitigating: while a mitigation of ours is active; always; "
                   "or never")
      ->check(CLI::IsMember({"mitigating", "always", "never"}))
      ->capture_default_str();
  add_upstream(*create, into);
}

void add_filter(CLI::App& app, arguments& into) {
  auto* filter = add(
      app, "filter", "Rules by which an upstream drops or accepts packets",
      "Filters are set up at the upstream before an attack, over the data "
      "channel (RFC 8783,\nwhich calls them ACLs), and kept there until they "
      "are deleted. `tocsin capabilities`\nshows what they may look at.\n\n"
      "Examples:\n"
      "  tocsin filter create ntp --protocol udp --from-port 123\n"
      "  tocsin filter list\n"
      "  tocsin filter show ntp\n"
      "  tocsin filter export filters.json\n"
      "  tocsin filter import filters.json");
  filter->require_subcommand(1);
  add_verbs(*filter, into, "filter");
  add_filter_create(*filter, into);
  auto* in =
      add(*filter, "import", "Set up the filters in a file",
          "The file is JSON in the format of RFC 8783, Section 7.2, as `tocsin "
          "filter export`\nwrites it. Filters of the same names are replaced, "
          "others stay.\n\n"
          "Example:\n  tocsin filter import filters.json");
  in->add_option("file", into.data.file, "The file")
      ->type_name("FILE")
      ->required();
  add_upstream(*in, into);
  auto* out =
      add(*filter, "export", "Write the filters of the upstream as JSON",
          "Example:\n  tocsin filter export filters.json");
  out->add_option("file", into.data.file,
                  "A new file; without it, to standard output")
      ->type_name("FILE");
  add_upstream(*out, into);
}

} // namespace

void add_data_commands(CLI::App& app, arguments& into) {
  add_alias(app, into);
  add_filter(app, into);
  auto* can = add(app, "capabilities", "Show what filters an upstream can do",
                  "Example:\n  tocsin capabilities");
  add_upstream(*can, into);
}

} // namespace tocsin::roles::cli
