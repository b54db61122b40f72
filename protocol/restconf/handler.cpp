#include "protocol/restconf/handler.hpp"

#include "protocol/restconf/discovery.hpp"
#include "protocol/restconf/media.hpp"
#include "protocol/restconf/methods.hpp"
#include "protocol/restconf/query.hpp"
#include "protocol/restconf/target.hpp"
#include "protocol/yang/encode.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::protocol::restconf {

using yang::content_filter;
using yang::data_node;
using yang::error;
using yang::error_tag;
using yang::instance_path;
using yang::schema_node;

namespace {

/// An answer, or nothing if data of a customer is needed for it.
using step = std::optional<answer<response>>;

refusal refuse(unsigned status, error_tag tag, std::string message,
               const instance_path& at = {}) {
  return {status, error{tag, to_string(at), std::move(message)}};
}

refusal not_found(const instance_path& at = {}) {
  return refuse(404, error_tag::invalid_value, "there is no such resource", at);
}

// Host comes from the client and goes into a URI.
bool is_host(std::string_view x) {
  static constexpr std::string_view good =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:[]";
  return !x.empty() && x.find_first_not_of(good) == x.npos;
}

/// One request on its way.
class exchange {
public:
  exchange(const request& x, const schema_node& schema,
           std::span<const yang_module> modules, const std::string& root,
           datastore_view* data)
      : request_{x}, schema_{schema}, modules_{modules}, root_{root},
        data_{data}, target_{split(x.target)}, query_{target_.query.value_or(
                                                   std::string_view{})} {}

  step run();

private:
  step below_root(std::string_view path);
  step api(std::string_view path);
  step data(std::string_view path);
  answer<response> get(const instance_path& at);
  answer<response> represent(const instance_path& at, data_node& tree,
                             const query& q);
  answer<response> edited(const instance_path& at);
  answer<edit> make_edit(edit_request x);
  answer<response> finish_edit(edit x);
  answer<response> not_allowed(method_set good) const;
  response options(method_set good) const;
  std::string data_prefix() const { return root_ + "/data"; }
  answer<query> parse(query_kind kind, const schema_node& root,
                      const instance_path& at) const {
    auto prefix = data_prefix();
    return parse_query(query_, {root, at, prefix, kind});
  }
  std::optional<refusal> unacceptable() const;
  std::optional<refusal> bad_body() const;

  const request& request_;
  const schema_node& schema_;
  std::span<const yang_module> modules_;
  const std::string& root_;
  datastore_view* data_;
  split_target target_;
  std::string_view query_;
  method method_ = method::get;
};

step exchange::run() {
  auto known = parse_method(request_.method);
  if (!known)
    return refuse(501, error_tag::operation_not_supported,
                  "the method is not implemented");
  method_ = *known;
  if (target_.path == "*" && method_ == method::options)
    return options(method_set{}.set());
  if (auto found = discover(request_, target_.path, root_)) {
    if (edits(method_))
      return not_allowed(read_only);
    return method_ == method::options ? options(read_only) : *found;
  }
  auto path = target_.path;
  if (!path.starts_with(root_))
    return not_found();
  path.remove_prefix(root_.size());
  if (!path.empty() && path[0] != '/')
    return not_found();
  if (path.ends_with('/'))
    path.remove_suffix(1);
  return below_root(path);
}

step exchange::below_root(std::string_view path) {
  static constexpr std::string_view data_segment = "/data";
  if (path.empty() || path == "/yang-library-version" || path == "/operations")
    return api(path);
  if (!path.starts_with(data_segment))
    return not_found();
  path.remove_prefix(data_segment.size());
  return path.empty() || path[0] == '/' ? data(path) : step{not_found()};
}

step exchange::api(std::string_view path) {
  if (method_ == method::options)
    return options(read_only);
  if (edits(method_))
    return not_allowed(read_only);
  if (auto bad = unacceptable())
    return *bad;
  auto tree = api_tree();
  instance_path at{{{tree.children[0].row, "ietf-restconf", {}}}};
  auto kind = path.empty() ? query_kind::api : query_kind::none;
  if (!path.empty())
    at = at.down(rows::api_root, *tree.children[0].find(path.substr(1)));
  auto q = parse(kind, rows::api_root, at);
  if (auto bad = std::get_if<refusal>(&q))
    return *bad;
  return content(yang_json,
                 encode(tree, at, std::get<query>(std::move(q)).options));
}

step exchange::data(std::string_view path) {
  auto parsed = parse_path(schema_, path);
  if (auto bad = std::get_if<refusal>(&parsed))
    return *bad;
  const auto& at = std::get<instance_path>(parsed);
  auto good = allowed(schema_, at);
  if (method_ == method::options) {
    auto out = options(good);
    out.headers.push_back({"Accept-Patch", std::string{yang_json}});
    return out;
  }
  // The datastore belongs to all clients (RFC 8040, Section 4.5).
  if (at.is_root() && edits(method_) && method_ != method::remove)
    return refuse(403, error_tag::access_denied,
                  "the datastore is not changed as a whole");
  bool whole_list = !at.is_root() && at.steps.back().row->is_many()
                    && at.steps.back().keys.empty() && !at.is_state();
  if (whole_list && edits(method_))
    return refuse(400, error_tag::invalid_value, "the target names no entry",
                  at);
  if (!good.test(static_cast<std::size_t>(method_)))
    return not_allowed(good);
  bool library = !at.is_root() && is_library(*at.steps[0].row);
  if (library)
    return get(at);
  if (!data_)
    return {};
  if (auto why = data_->forbids(at, edits(method_)))
    return *why;
  return reads(method_) ? get(at) : edited(at);
}

std::optional<refusal> exchange::unacceptable() const {
  if (quality(request_.accept, yang_json) > 0)
    return {};
  return refuse(406, error_tag::invalid_value,
                "only " + std::string{yang_json} + " is offered");
}

answer<response> exchange::get(const instance_path& at) {
  if (auto bad = unacceptable())
    return *bad;
  auto parsed = parse(query_kind::read, schema_, at);
  if (auto bad = std::get_if<refusal>(&parsed))
    return *bad;
  bool library = !at.is_root() && is_library(*at.steps[0].row);
  auto tree = library ? data_node{.row = &schema_} : data_->read(at);
  if (library || at.is_root())
    add_library(tree, modules_);
  add_defaults(tree);
  return represent(at, tree, std::get<query>(parsed));
}

answer<response> exchange::represent(const instance_path& at, data_node& tree,
                                     const query& q) {
  const auto& options = q.options;
  bool leaf_of_other_kind =
      at.row(schema_).is_leaf()
      && options.content
             == (at.is_state() ? content_filter::config
                               : content_filter::nonconfig);
  if (!reach(tree, at) || leaf_of_other_kind)
    return not_found(at);
  version now;
  if (!at.is_state())
    now = data_->version_of(at);
  auto say = evaluate(request_, now, true);
  if (say == verdict::failed)
    return refuse(412, error_tag::operation_failed, "a precondition is not met",
                  at);
  // State changes under the same tag: only of configuration can be said that
  // it is not modified.
  bool config = options.content == content_filter::config && !at.is_state();
  auto out = say == verdict::not_modified && config
                 ? no_content(304)
                 : content(yang_json, encode(tree, at, options));
  add_version(out, now);
  return out;
}

std::optional<refusal> exchange::bad_body() const {
  if (request_.body.empty())
    return refuse(400, error_tag::invalid_value, "the body is missing");
  if (request_.content_type && is_media_type(*request_.content_type, yang_json))
    return {};
  return refuse(415, error_tag::invalid_value,
                "a body is " + std::string{yang_json});
}

answer<response> exchange::edited(const instance_path& at) {
  bool has_body = method_ != method::remove;
  if (auto bad = has_body ? bad_body() : std::nullopt)
    return *bad;
  auto body = yang::parse_body(has_body ? request_.body : "{}");
  if (!body)
    return refusal{body.error()};
  edit_request x{.tree = data_->configuration(at),
                 .at = at,
                 .body = body->root(),
                 .rules = &data_->rules()};
  bool places = method_ == method::post || method_ == method::put;
  auto list = places ? placed_list(schema_, at, method_ == method::post, x.body)
                     : instance_path{};
  auto parsed =
      parse(places ? query_kind::insert : query_kind::none, schema_, list);
  if (auto bad = std::get_if<refusal>(&parsed))
    return *bad;
  x.place = std::get<query>(parsed).place;
  auto now =
      exists(x.tree, at) ? std::optional{data_->version_of(at)} : std::nullopt;
  auto made = make_edit(std::move(x));
  if (auto bad = std::get_if<refusal>(&made))
    return *bad;
  // RFC 7232, Section 5: only what would succeed without conditions has them.
  if (evaluate(request_, now, false) != verdict::proceed)
    return refuse(412, error_tag::operation_failed, "a precondition is not met",
                  at);
  return finish_edit(std::get<edit>(std::move(made)));
}

answer<edit> exchange::make_edit(edit_request x) {
  switch (method_) {
  case method::post:
    return create(std::move(x));
  case method::put:
    return replace(std::move(x));
  case method::patch:
    return merge(std::move(x));
  case method::remove:
    return restconf::remove(std::move(x));
  case method::get:
  case method::head:
  case method::options:
    break;
  }
  return refuse(500, error_tag::operation_failed, "not an edit");
}

answer<response> exchange::finish_edit(edit x) {
  auto resource = x.resource;
  auto out = no_content(x.created ? 201 : 204);
  if (auto why = data_->commit(std::move(x)))
    return *why;
  if (method_ == method::post) {
    auto uri = data_prefix() + to_uri(resource);
    bool absolute = is_host(request_.host);
    out.headers.push_back(
        {"Location", absolute ? "https://" + request_.host + uri : uri});
  }
  if (method_ != method::remove)
    add_version(out, data_->version_of(resource));
  return out;
}

answer<response> exchange::not_allowed(method_set good) const {
  auto out = to_response(refuse(405, error_tag::operation_not_supported,
                                "the resource does not have this method"));
  out.headers.push_back({"Allow", to_string(good)});
  return out;
}

response exchange::options(method_set good) const {
  auto out = no_content(200);
  out.headers.push_back({"Allow", to_string(good)});
  return out;
}

response finish(const request& x, answer<response> from) {
  auto why = std::get_if<refusal>(&from);
  auto out = why ? to_response(*why) : std::get<response>(std::move(from));
  bool patch = x.method == "PATCH" && out.status == 415;
  if (patch) // RFC 5789, Section 2.2
    out.headers.push_back({"Accept-Patch", std::string{yang_json}});
  if (x.method == "HEAD") {
    out.represented_length = out.body.size();
    out.body.clear();
  }
  return out;
}

} // namespace

bool is_root_path(std::string_view path) {
  static constexpr std::string_view good =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  return path.starts_with('/') && !path.ends_with('/')
         && path.find("//") == path.npos
         && path.find_first_not_of(good) == path.npos
         && !path.starts_with("/.well-known");
}

handler::handler(const schema_node& schema,
                 std::span<const yang_module> modules, std::string root)
    : schema_{&schema}, modules_{modules}, root_{std::move(root)} {}

std::optional<response> handler::handle_without_data(const request& x) const {
  auto found = exchange{x, *schema_, modules_, root_, nullptr}.run();
  if (!found)
    return {};
  return finish(x, std::move(*found));
}

response handler::handle(const request& x, datastore_view& data) const {
  auto found = exchange{x, *schema_, modules_, root_, &data}.run();
  if (!found) // with a view there is always an answer
    return finish(x, refuse(500, error_tag::operation_failed, "no answer"));
  return finish(x, std::move(*found));
}

} // namespace tocsin::protocol::restconf
