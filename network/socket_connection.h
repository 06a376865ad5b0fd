// A connection over a socket: reads, splits into frames, delivers, writes responses in order.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "network/connection.h"
#include "network/event_loop.h"
#include "network/frame_buffer.h"
#include "network/send_queue.h"
#include "network/transport.h"

namespace barnabas::network {

class ConnectionGroup;

// A place among the counted connections, given back with the object. Move-only.
class Admission {
 public:
  Admission(std::shared_ptr<class ConnectionLimits> limits, std::string listener, std::string address)
      : limits_(std::move(limits)), listener_(std::move(listener)), address_(std::move(address)) {}
  Admission(Admission&&) noexcept = default;
  Admission& operator=(Admission&&) = delete;
  ~Admission();

 private:
  std::shared_ptr<class ConnectionLimits> limits_;
  std::string listener_;
  std::string address_;
};

// Lives on its group's thread; complete() and post() come from any. Kept alive by the group while open, and
// by slots and waits after that; once closed it does nothing any more.
class SocketConnection final : public Connection,
                               public ResponseSink,
                               public Watcher,
                               public std::enable_shared_from_this<SocketConnection> {
 public:
  SocketConnection(std::shared_ptr<ConnectionGroup> group, int socket, ConnectionInfo info,
                   Admission admission);

  void open();
  // Delivers no more frames and closes once nothing is outstanding.
  void drain();
  // Closes if a time-out has passed.
  void check_timeouts(std::int64_t now_ns);

  const ConnectionInfo& info() const override { return info_; }
  void set_max_frame_bytes(std::int32_t bytes) override { input_.set_max_frame_bytes(bytes); }
  void set_max_in_flight(int requests) override { max_in_flight_ = requests < 1 ? 1 : requests; }
  void close(std::string_view reason) override;
  void post(Task task) override;
  std::uint64_t bytes_in() const override { return bytes_in_; }
  std::uint64_t bytes_out() const override { return output_.bytes_sent(); }

  void complete(std::uint64_t sequence, ResponseOutcome outcome) override;
  void on_readable() override;
  void on_writable() override;

 private:
  enum class End : std::uint8_t { kPeer, kOurs, kIdle, kError };
  struct Pending {
    std::optional<ResponseOutcome> outcome;
  };

  void pump();
  void schedule_pump();
  bool may_deliver() const;
  bool peer_reset() const;
  bool deliver();
  void settle(std::uint64_t sequence, ResponseOutcome outcome);
  bool flush();
  void fetch_cold_slice();
  void read_once();
  void count_arrival(std::size_t bytes);
  bool wait_for_budget();
  bool finish_if_done();
  void arm_read();
  void arm_write();
  void end(End how, std::string_view reason);
  std::string describe() const;

  const std::shared_ptr<ConnectionGroup> group_;
  const ConnectionInfo info_;
  std::optional<Admission> admission_;
  std::unique_ptr<Watch> watch_;  // null when closed
  std::unique_ptr<Transport> transport_;
  FrameBuffer input_;
  SendQueue output_;

  int max_in_flight_ = 1;
  std::deque<Pending> pending_;      // delivered requests, oldest first
  std::uint64_t first_pending_ = 0;  // the sequence of pending_.front()
  std::string close_when_sent_;      // not empty: the last response is known, then close for this reason

  bool open_ = false;
  bool in_pump_ = false;
  bool pump_scheduled_ = false;
  bool draining_ = false;
  bool end_seen_ = false;  // the peer sends no more
  bool read_armed_ = false;
  bool readable_ = false;  // was told so while it did not want to read
  bool write_armed_ = false;
  bool flush_wants_read_ = false;
  bool warming_ = false;  // the pool reads a cold slice
  bool waits_for_budget_ = false;

  std::uint64_t bytes_in_ = 0;
  std::size_t progress_bytes_ = 0;  // of the unfinished frame since active_at_ns_ was set by it
  std::int64_t active_at_ns_ = 0;
  std::int64_t frame_began_at_ns_ = 0;  // 0: no unfinished frame
};

}  // namespace barnabas::network
