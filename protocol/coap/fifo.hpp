#pragma once
#include <optional>
#include <utility>
#include <vector>

namespace tocsin::protocol::coap {

/// A queue that owns no memory while it has never been used, unlike
/// std::deque: there is one per association.
template <class T>
class fifo {
public:
  void push(T x) { items_.push_back(std::move(x)); }

  /// Makes a T out of `x` in its place.
  template <class X>
  void emplace(X&& x) {
    items_.emplace_back(std::forward<X>(x));
  }

  std::optional<T> pop() {
    if (empty())
      return std::nullopt;
    std::optional<T> x{std::move(items_[head_++])};
    tidy();
    return x;
  }

  bool empty() const noexcept { return head_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - head_; }

  /// Removes what `unwanted` accepts; true if there was any.
  template <class Predicate>
  bool remove_if(Predicate unwanted) {
    const auto before = size();
    items_.erase(items_.begin(),
                 items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    std::erase_if(items_, unwanted);
    return size() != before;
  }

private:
  static constexpr std::size_t kept_when_empty = 16;

  void tidy() {
    if (empty()) {
      items_.clear();
      head_ = 0;
      if (items_.capacity() > kept_when_empty)
        items_.shrink_to_fit();
    } else if (head_ >= kept_when_empty && head_ * 2 >= items_.size()) {
      items_.erase(items_.begin(),
                   items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
};

} // namespace tocsin::protocol::coap
