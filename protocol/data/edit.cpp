#include "protocol/data/edit.hpp"

#include "protocol/data/entry_order.hpp"
#include "protocol/data/module.hpp"

#include <algorithm>

namespace tocsin::protocol::data {

namespace {

using yang::data_node;
using yang::error_tag;
using problem = std::optional<yang::error>;

constexpr entry_kind both_kinds[]{entry_kind::alias, entry_kind::acl};

std::span<const data_node> entries_of(const data_node& client,
                                      entry_kind kind) {
  bool acls = kind == entry_kind::acl;
  auto list = client.find(acls ? rows::acls_row : rows::aliases_row);
  return list ? list->all(acls ? rows::acl_row : rows::alias_row)
              : std::span<const data_node>{};
}

/// Makes the next state of one client and notes what has to be stored.
class client_editor {
public:
  client_editor(const client_ptr& before, client_state next,
                const edit_context& how)
      : how_{how}, next_{std::move(next)} {
    out_.before = before;
  }

  client_state& next() noexcept { return next_; }

  /// Makes a list what the tree says.
  problem replace(entry_kind kind, const data_node& node,
                  const refresh& again) {
    entry_list list;
    for (const auto& x : entries_of(node, kind)) {
      auto made = make_entry(kind, x, again);
      if (!made)
        return made.error();
      list.push_back(std::move(*made));
    }
    put_list(kind, std::move(list));
    return std::nullopt;
  }

  /// Gives a list its new content, in that order.
  void put_list(entry_kind kind, entry_list list) {
    put_in_order(list);
    const auto old = next_.list(kind);
    bool changed = old.size() != list.size();
    for (const auto& x : old)
      if (!find_entry(list, x->name))
        out_.changes.push_back(erase_entry{next_.cuid, kind, x->name});
    for (std::size_t i = 0; i < list.size(); ++i) {
      changed = changed || i >= old.size() || old[i]->name != list[i]->name
                || old[i]->version != list[i]->version;
      note_entry(kind, find_entry(old, list[i]->name), *list[i]);
    }
    next_.list(kind) = std::move(list);
    if (changed)
      mark_changed(kind);
  }

  /// Of an entry which may be the old one; `again`: a new lifetime anyway.
  yang::outcome<entry_ptr> entry(entry_kind kind, const data_node& node,
                                 bool again) {
    auto name = std::string{node.value("name").value_or("")};
    auto text = entry_text(node);
    if (text.size() > how_.settings.quotas.entry_octets)
      return yang::error{error_tag::resource_denied,
                         yang::to_string(entry_path(next_.cuid, kind, name)),
                         "the entry is larger than the quota allows"};
    auto i = std::ranges::find_if(
        next_.list(kind), [&](const entry_ptr& x) { return x->name == name; });
    bool known = i != next_.list(kind).end();
    bool same = known && (*i)->text == text;
    if (same && !again)
      return *i;
    auto fresh = known ? **i : stored_entry{};
    fresh.name = std::move(name);
    fresh.ends =
        how_.now.mono + std::max(how_.settings.lifetime, min_entry_lifetime);
    if (!same) {
      fresh.text = std::move(text);
      fresh.version = how_.version;
    }
    if (!known)
      fresh.order = no_order;
    if (kind == entry_kind::acl)
      if (auto bad = read_filters(node, fresh))
        return *bad;
    return std::make_shared<const stored_entry>(std::move(fresh));
  }

  edit_result finish() && {
    if (!out_.before || to_record(*out_.before) != to_record(next_)) {
      if (!out_.before)
        next_.version = how_.version;
      out_.changes.insert(out_.changes.begin(),
                          put_registration{to_record(next_)});
    }
    out_.after = std::make_shared<const client_state>(std::move(next_));
    return std::move(out_);
  }

  void mark_client() noexcept { next_.version = how_.version; }

private:
  yang::outcome<entry_ptr> make_entry(entry_kind kind, const data_node& x,
                                      const refresh& again) {
    auto name = std::string{x.value("name").value_or("")};
    return entry(kind, x, again.covers(kind, name));
  }

  problem read_filters(const data_node& node, stored_entry& out) const {
    auto at = entry_path(next_.cuid, entry_kind::acl, out.name);
    // What is stored already stays readable when the policy has changed.
    auto lenient = acl_policy{all_abilities, false};
    auto x = read_acl(node, at, lenient);
    if (!x)
      return x.error();
    out.when = x->when;
    out.aces = x->aces.size();
    out.filters = nullptr;
    if (x->when != activation::deactivate)
      out.filters = std::make_shared<const acl>(std::move(*x));
    return std::nullopt;
  }

  void note_entry(entry_kind kind, const stored_entry* old,
                  const stored_entry& x) {
    if (old == &x)
      return;
    out_.changes.push_back(put_entry{to_record(next_, kind, x, how_.now)});
    if (kind != entry_kind::acl)
      return;
    out_.filters_written = out_.filters_written || !old || old->text != x.text;
    if (old && old->when != x.when)
      out_.activations.push_back({x.name, old->when, x.when});
  }

  void mark_changed(entry_kind kind) {
    next_.version = how_.version;
    next_.list_version(kind) = how_.version;
    out_.filters_changed = out_.filters_changed || kind == entry_kind::acl;
  }

  const edit_context& how_;
  client_state next_;
  edit_result out_;
};

} // namespace

yang::outcome<edit_result> edit_client(const client_ptr& before,
                                       const data_node& node,
                                       const data_agent& agent,
                                       const refresh& again,
                                       const edit_context& how) {
  client_state next;
  if (before)
    next = *before;
  else
    next.cuid = node.value("cuid").value_or(""), next.identity = agent.identity;
  client_editor editor{before, std::move(next), how};
  // RFC 9132, Section 4.4.1.2: a client's own word about its domain is ignored.
  auto cdid = std::string{agent.gateway ? node.value("cdid").value_or("") : ""};
  if (agent.gateway && editor.next().cdid != cdid) {
    editor.next().cdid = std::move(cdid);
    editor.mark_client();
  }
  for (auto kind : both_kinds)
    if (auto bad = editor.replace(kind, node, again))
      return *bad;
  return std::move(editor).finish();
}

edit_result remove_client(const client_ptr& before) {
  edit_result out;
  out.before = before;
  out.changes.push_back(erase_registration{before->cuid});
  out.filters_changed = !before->acls.empty();
  return out;
}

yang::outcome<edit_result>
activate(const client_ptr& before, const std::vector<activation_change>& orders,
         const edit_context& how) {
  client_editor editor{before, *before, how};
  auto list = before->acls;
  for (auto& x : list) {
    auto order = std::ranges::find(orders, x->name, &activation_change::acl);
    if (order == orders.end())
      continue;
    auto node = parse_entry(before->cuid, entry_kind::acl, x->text);
    if (!node)
      return node.error();
    // As it stands if it is so already: the lifetime is all that begins anew.
    if (x->when != order->when)
      node->set("activation-type", std::string{to_string(order->when)});
    auto made = editor.entry(entry_kind::acl, *node, true);
    if (!made)
      return made.error();
    x = std::move(*made);
  }
  editor.put_list(entry_kind::acl, std::move(list));
  return std::move(editor).finish();
}

edit_result expire(const client_ptr& before, const edit_context& how) {
  client_editor editor{before, *before, how};
  for (auto kind : both_kinds) {
    auto list = before->list(kind);
    std::erase_if(list,
                  [&](const entry_ptr& x) { return x->ends <= how.now.mono; });
    editor.put_list(kind, std::move(list));
  }
  return std::move(editor).finish();
}

} // namespace tocsin::protocol::data
