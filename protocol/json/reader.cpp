#include "protocol/json/reader.hpp"

namespace tocsin::protocol::json {

namespace {

template <class T>
std::optional<T> as(const simdjson::dom::element& x) noexcept {
  T out{};
  if (x.get(out) != simdjson::SUCCESS)
    return {};
  return out;
}

} // namespace

std::optional<std::string_view> value::text() const noexcept {
  return as<std::string_view>(element_);
}

std::optional<bool> value::boolean() const noexcept {
  return as<bool>(element_);
}

std::optional<std::int64_t> value::integer() const noexcept {
  return as<std::int64_t>(element_);
}

std::optional<std::uint64_t> value::unsigned_integer() const noexcept {
  return as<std::uint64_t>(element_);
}

std::optional<double> value::number() const noexcept {
  return as<double>(element_);
}

std::vector<std::pair<std::string_view, value>> value::members() const {
  std::vector<std::pair<std::string_view, value>> out;
  simdjson::dom::object object;
  if (element_.get(object) == simdjson::SUCCESS)
    for (auto member : object)
      out.emplace_back(member.key, value{member.value});
  return out;
}

std::vector<value> value::elements() const {
  std::vector<value> out;
  simdjson::dom::array array;
  if (element_.get(array) == simdjson::SUCCESS)
    for (auto x : array)
      out.emplace_back(x);
  return out;
}

std::optional<value> value::find(std::string_view name) const noexcept {
  simdjson::dom::element found;
  if (element_[name].get(found) != simdjson::SUCCESS)
    return {};
  return value{found};
}

result<document> document::parse(std::string_view text) {
  document x;
  x.parser_ = std::make_unique<simdjson::dom::parser>();
  auto error = x.parser_->allocate(text.size(), max_depth);
  if (error == simdjson::SUCCESS)
    error = x.parser_->parse(text.data(), text.size()).get(x.root_);
  if (error == simdjson::SUCCESS)
    return x;
  bool deep = error == simdjson::DEPTH_ERROR;
  return fail(deep ? ec::too_large : ec::malformed, "json",
              simdjson::error_message(error));
}

} // namespace tocsin::protocol::json
