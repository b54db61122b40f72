#include "protocol/coap/agent.hpp"

#include "protocol/coap/agent_client.hpp"
#include "protocol/coap/agent_server.hpp"

namespace tocsin::protocol::coap {

/// The halves hold references to the layer below, so they live on the heap and
/// the agent can be moved.
struct agent::state {
  state(std::unique_ptr<message_layer> layer, random_source random,
        const agent_limits& bounds)
      : below{std::move(layer)}, server{*below, random, bounds, events},
        client{*below, std::move(random), bounds, events} {}

  void drain(time_point now);

  std::unique_ptr<message_layer> below;
  fifo<agent_event> events;
  agent_server server;
  agent_client client;
};

void agent::state::drain(time_point now) {
  while (auto next = below->next_event()) {
    if (auto* request = std::get_if<incoming_request>(&*next))
      server.on_request(std::move(*request), now);
    else if (auto* response = std::get_if<response_received>(&*next))
      client.on_response(std::move(*response), now);
    else if (auto* failed = std::get_if<request_failed>(&*next))
      client.on_failure(*failed, now);
    else if (auto* rejected = std::get_if<notification_rejected>(&*next))
      server.on_rejected(*rejected);
    else
      events.emplace(std::move(std::get<stream_ended>(*next)));
  }
}

agent::agent(std::unique_ptr<message_layer> below, random_source random,
             agent_limits bounds)
    : state_{
        std::make_unique<state>(std::move(below), std::move(random), bounds)} {}

agent::~agent() = default;
agent::agent(agent&&) noexcept = default;
agent& agent::operator=(agent&&) noexcept = default;

void agent::receive(byte_view octets, time_point now) {
  state_->below->receive(octets, now);
  state_->drain(now);
}

exchange_id agent::send_request(outgoing_request request, time_point now) {
  const auto id = state_->client.send(std::move(request), now);
  state_->drain(now);
  return id;
}

void agent::cancel(exchange_id id, time_point now) {
  state_->client.cancel(id, now);
  state_->drain(now);
}

void agent::reregister(exchange_id id, time_point now) {
  state_->client.reregister(id, now);
  state_->drain(now);
}

void agent::respond(request_id id, response answer, time_point now,
                    bool observe) {
  state_->server.respond(id, std::move(answer), now, observe);
}

void agent::drop(request_id id, time_point now) {
  state_->server.drop(id, now);
}

void agent::notify(request_id id, const response& what, time_point now) {
  state_->server.notify(id, what, now);
}

bool agent::observes(request_id id) const noexcept {
  return state_->server.observes(id);
}

std::size_t agent::observations() const noexcept {
  return state_->server.observations();
}

std::optional<agent_event> agent::next_event() {
  return state_->events.pop();
}

bool agent::next_datagram(bytes& out) {
  return state_->below->next_datagram(out);
}

std::optional<time_point> agent::next_deadline() const {
  auto due = state_->below->next_deadline();
  for (auto other :
       {state_->server.next_deadline(), state_->client.next_deadline()})
    if (other && (!due || *other < *due))
      due = other;
  return due;
}

void agent::on_time(time_point now) {
  state_->below->on_time(now);
  state_->drain(now);
  state_->server.on_time(now);
  state_->client.on_time(now);
  state_->drain(now);
}

void agent::set_parameters(const parameters& values) {
  state_->below->set_parameters(values);
}

const parameters& agent::current_parameters() const noexcept {
  return state_->below->current_parameters();
}

const endpoint_counters& agent::counters() const noexcept {
  return state_->below->counters();
}

std::size_t agent::pending_requests() const noexcept {
  return state_->below->pending_requests();
}

std::size_t agent::open_exchanges() const noexcept {
  return state_->client.open();
}

bool agent::reliable() const noexcept {
  return state_->below->reliable();
}

void agent::release(time_point now) {
  state_->below->release(now);
}

void agent::set_instant_answers(instant_answers* by) {
  state_->below->set_instant_answers(by);
}

} // namespace tocsin::protocol::coap
