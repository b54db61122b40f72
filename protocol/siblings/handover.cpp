#include "protocol/siblings/handover.hpp"

#include <utility>

namespace tocsin::protocol::siblings {

namespace {
using stage = handover_stage;
}

handover::handover(time_point) : state_{state::packing} {}

/// Of a restored one the client is served already, or gone.
handover::handover(stage stored, time_point)
    : state_{state::waiting}, kept_{true} {
  switch (stored) {
  case stage::none:
    state_ = state::over;
    break;
  case stage::offered:
    resume_ = state::calling_off;
    break;
  case stage::moved:
    resume_ = state::settling;
    break;
  case stage::revoked:
    resume_ = state::revoking;
    break;
  }
}

std::vector<handover_action> handover::begin(time_point now) {
  if (state_ == state::packing) {
    due_ = now + handover_patience;
    return {pack_client{}};
  }
  if (state_ != state::waiting)
    return {end_handover{}};
  due_ = now;
  return on_time(now);
}

std::vector<handover_action> handover::on_packed(time_point) {
  if (state_ != state::packing)
    return {};
  state_ = state::noting;
  return {store_stage{stage::offered}};
}

std::vector<handover_action> handover::on_stored(time_point now) {
  switch (state_) {
  case state::noting:
    state_ = state::offering;
    due_ = now + offer_patience;
    return {offer{}};
  case state::moving:
    state_ = state::settling;
    kept_ = true; // it is not ours any more
    due_ = now + word_patience;
    return {release_client{}, conclude{true, {}}, settle{}};
  case state::calling_off: {
    state_ = state::revoking;
    due_ = now + word_patience;
    std::vector<handover_action> out;
    if (!std::exchange(kept_, true))
      out.emplace_back(keep_client{});
    out.emplace_back(conclude{false, why_});
    out.emplace_back(revoke_offer{});
    return out;
  }
  case state::closing:
    state_ = state::over;
    due_.reset();
    return {end_handover{}};
  default:
    return {};
  }
}

std::vector<handover_action> handover::on_store_failed(std::string why,
                                                       time_point now) {
  switch (state_) {
  case state::noting:
    state_ = state::over;
    due_.reset();
    return {keep_client{}, conclude{false, std::move(why)}, end_handover{}};
  case state::moving:
    return call_off(std::move(why), now);
  case state::calling_off: {
    resume_ = state::calling_off;
    state_ = state::waiting;
    due_ = now + handover_pause;
    // The client must not wait for a disk; what it does is stored or refused.
    if (std::exchange(kept_, true))
      return {};
    return {keep_client{}};
  }
  case state::closing:
    resume_ = state::closing;
    state_ = state::waiting;
    due_ = now + handover_pause;
    return {};
  default:
    return {};
  }
}

std::vector<handover_action> handover::on_held(time_point) {
  if (state_ != state::offering)
    return {};
  state_ = state::moving;
  due_.reset(); // the KEEPER answers within its own time
  return {store_stage{stage::moved}};
}

std::vector<handover_action> handover::on_refused(std::string why,
                                                  time_point now) {
  if (state_ != state::offering)
    return {};
  return call_off(std::move(why), now);
}

std::vector<handover_action> handover::call_off(std::string why, time_point) {
  state_ = state::calling_off;
  why_ = std::move(why);
  due_.reset();
  return {store_stage{stage::revoked}};
}

std::vector<handover_action> handover::on_confirmed(time_point) {
  if (state_ != state::settling && state_ != state::revoking)
    return {};
  state_ = state::closing;
  due_.reset();
  return {store_stage{stage::none}};
}

std::vector<handover_action> handover::on_failed(std::string why,
                                                 time_point now) {
  switch (state_) {
  case state::packing:
    state_ = state::over;
    due_.reset();
    return {keep_client{}, conclude{false, std::move(why)}, end_handover{}};
  case state::offering:
    return call_off(std::move(why), now);
  case state::settling:
  case state::revoking:
    resume_ = state_;
    state_ = state::waiting;
    due_ = now + handover_pause;
    return {};
  default:
    return {}; // what is being stored is answered
  }
}

std::optional<time_point> handover::next_deadline() const {
  return due_;
}

std::vector<handover_action> handover::on_time(time_point now) {
  if (!due_ || now < *due_)
    return {};
  due_.reset();
  if (state_ != state::waiting)
    return on_failed("it took too long", now);
  state_ = resume_;
  switch (state_) {
  case state::calling_off:
    if (why_.empty())
      why_ = "this node was started again in the middle of it";
    return {store_stage{stage::revoked}};
  case state::settling:
    due_ = now + word_patience;
    return {settle{}};
  case state::revoking:
    due_ = now + word_patience;
    return {revoke_offer{}};
  case state::closing:
    return {store_stage{stage::none}};
  default:
    return {};
  }
}

std::string_view handover::stage_text() const noexcept {
  switch (state_) {
  case state::packing:
  case state::noting:
  case state::offering:
  case state::moving:
    return "being handed over";
  case state::settling:
    return "handed over";
  case state::calling_off:
  case state::revoking:
    return "called off";
  case state::waiting:
    return resume_ == state::settling ? "handed over" : "called off";
  case state::closing:
  case state::over:
    return "over";
  }
  return "over";
}

} // namespace tocsin::protocol::siblings
