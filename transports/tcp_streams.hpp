#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/reactor.hpp"
#include "transports/tcp_admission.hpp"
#include "transports/tcp_socket.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tocsin::transports {

/// The TCP half of a reactor: listening sockets and connections. One thread;
/// nothing in it blocks, and no event costs more when there are more
/// connections.
///
///   connecting --> open --close_stream(), FIN of the peer--> closing --> gone
///        +-----------+-------error, limit, abort------------------+------^
///
/// Descriptors wait in three epoll sets, so that who is served first does not
/// depend on who came first: connections that are established, newcomers whose
/// handshake goes on, and listening sockets.
class tcp_streams {
public:
  struct counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t overflowed = 0;
    std::uint64_t accept_errors = 0;
    std::uint64_t octets_received = 0;
    std::uint64_t octets_sent = 0;
  };

  /// `poll`: the epoll descriptor of the reactor, which has to call serve()
  /// when it reports `tag`. The references must stay valid.
  tcp_streams(const reactor_limits& limits, timer_wheel& wheel, int poll,
              std::uint32_t tag);
  ~tcp_streams();
  tcp_streams(const tcp_streams&) = delete;
  tcp_streams& operator=(const tcp_streams&) = delete;

  /// See reactor::listen_stream(); names the listener by its index.
  result<std::uint32_t> listen(const socket_address& local,
                               stream_accept_function accept);
  void close_listener(std::uint32_t index);
  socket_address local_address(std::uint32_t index) const;

  /// See the members of reactor.
  result<connection> connect(const socket_address& local,
                             const socket_address& peer,
                             std::shared_ptr<stream_handler> handler,
                             const std::string& interface);
  void handshake_done(connection id);
  void send(connection id, byte_view octets);
  void close(connection id, bool flush, time_point now);

  /// Serves what is ready, up to the budget of a turn.
  void serve(time_point now);

  /// Writes what was queued, and ends what has to end.
  void settle();

  /// Would settle() have something to do, or did it tell handlers something
  /// that they have had no turn for yet?
  bool pending() const noexcept {
    return !dirty_.empty() || !doomed_.empty() || told_;
  }

  void evict_all();

  const counters& counted() const noexcept { return counters_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t handshakes() const noexcept { return admission_.size(); }

private:
  static constexpr std::uint32_t none = UINT32_MAX;

  enum class phase : std::uint8_t { connecting, open, closing };

  struct stream final : timer_client {
    explicit stream(tcp_streams& where) : home{where} {}
    void on_timer(time_point) override { home.on_deadline(*this); }
    bool owes_nothing() const noexcept { return output.empty(); }

    tcp_streams& home;
    connection id;
    descriptor socket;
    socket_address peer;
    std::shared_ptr<stream_handler> handler; // null: no more calls
    bytes output;
    timer_id timer; // end of the handshake, or of the closing
    std::uint32_t listener = none;
    std::uint32_t interest = 0; // events asked for
    phase now_is = phase::open;
    bool handshaking = false;
    bool takes_output = true; // send() still adds to `output`
    bool peer_ended = false;  // its FIN came
    bool we_ended = false;    // ours went
    bool dirty = false;       // in dirty_
    bool doomed = false;      // in doomed_
    std::string reason;       // why it is doomed
  };

  struct listener {
    descriptor socket; // none: closed
    socket_address local;
    stream_accept_function accept;
  };

  // Ends the pause after the system ran out of something.
  struct retry final : timer_client {
    explicit retry(tcp_streams& where) : home{where} {}
    void on_timer(time_point) override { home.resume(); }
    tcp_streams& home;
  };

  using stream_ptr = std::unique_ptr<stream>;
  struct slot {
    stream_ptr what; // null: free
    std::uint32_t generation = 0;
  };

  // tcp_streams.cpp: the table and the peers' events
  stream* find(connection id) noexcept;
  stream& make_stream(descriptor socket, const socket_address& peer);
  void serve_established(time_point now);
  void serve_newcomers(time_point now);
  void on_event(stream& x, std::uint32_t events, time_point now);
  void on_connect_result(stream& x);
  void read(stream& x, time_point now);
  void on_end_of_stream(stream& x, time_point now);
  int set_of(const stream& x) const noexcept;
  void watch(stream& x);

  // tcp_streams_output.cpp: writing and ending
  void mark_dirty(stream& x);
  bool write(stream& x);
  void flush(stream& x);
  void begin_closing(stream& x, time_point now);
  void doom(stream& x, std::string reason);
  void on_deadline(stream& x);
  void finish(stream& x, const std::string& reason);
  stream_ptr take_out(stream& x);
  void abort(stream& x);
  void evict(stream& x);

  // tcp_streams_accept.cpp: listeners
  void serve_listeners(time_point now);
  void accept_some(std::uint32_t index, time_point now);
  void welcome(std::uint32_t index, tcp_newcomer x, time_point now);
  void pause() noexcept;
  void resume() noexcept;
  void leave_handshake(stream& x);

  const reactor_limits& limits_;
  timer_wheel& wheel_;
  int poll_;
  std::uint32_t tag_;
  descriptor established_, newcomers_, listening_; // epoll sets
  tcp_admission admission_;
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  std::vector<listener> listeners_;
  bool paused_ = false;
  retry retry_{*this};
  timer_id retry_timer_;
  std::vector<connection> flushing_;
  std::vector<connection> dirty_;  // may have output to write
  bool told_ = false;              // a handler, since settle() began
  std::vector<connection> doomed_; // end in settle(), with a call to on_closed
  std::vector<stream_ptr> departed_;
  std::vector<std::shared_ptr<stream_handler>> released_;
  bytes buffer_;
  counters counters_;
};

} // namespace tocsin::transports
