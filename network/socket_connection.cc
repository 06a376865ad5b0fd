#include "network/socket_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/assert.h"
#include "common/logging.h"
#include "network/connection_group.h"
#include "network/connection_limits.h"

namespace barnabas::network {
namespace {

const Logger logger("network.SocketConnection");

// While more than this waits to be sent, no further request is taken from the peer.
constexpr std::size_t kBacklogBytes = 1024 * 1024;
// Frames that one connection has handled before the thread turns to the others.
constexpr int kFramesPerTurn = 256;
// An unfinished frame counts as activity each time it grew by this much: a peer that sends a byte a second
// is idle.
constexpr std::size_t kProgressBytes = 64 * 1024;

// Reads a slice so that it is in the page cache afterwards. Errors show when it is sent.
void read_through(const FileSlice& slice) {
  std::array<std::uint8_t, 64 * 1024> buffer;
  for (std::int64_t done = 0; done < slice.length;) {
    const auto wanted = std::min<std::int64_t>(slice.length - done, buffer.size());
    const auto got =
        ::pread(slice.fd, buffer.data(), static_cast<std::size_t>(wanted), slice.position + done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    done += got;
  }
}

}  // namespace

Admission::~Admission() {
  if (limits_) limits_->release(listener_, address_);
}

SocketConnection::SocketConnection(std::shared_ptr<ConnectionGroup> group, int socket, ConnectionInfo info,
                                   Admission admission)
    : group_(std::move(group)),
      info_(std::move(info)),
      admission_(std::move(admission)),
      watch_(std::make_unique<Watch>(group_->loop(), socket)),
      transport_(std::make_unique<PlainTransport>(socket)),
      input_(group_->arena(), group_->budget(), group_->options().max_frame_bytes) {
  set_max_in_flight(group_->options().max_in_flight);
}

void SocketConnection::open() {
  open_ = true;
  active_at_ns_ = group_->now_ns();
  in_pump_ = true;  // on_open may close the connection or answer nothing yet
  group_->handler().on_open(*this);
  in_pump_ = false;
  if (open_) arm_read();
}

void SocketConnection::drain() {
  if (!open_) return;
  draining_ = true;
  pump();
}

void SocketConnection::post(Task task) {
  group_->loop().post(std::move(task));
}

void SocketConnection::close(std::string_view reason) {
  end(End::kOurs, reason);
}

void SocketConnection::complete(std::uint64_t sequence, ResponseOutcome outcome) {
  if (!group_->loop().in_loop()) {
    group_->loop().post([self = shared_from_this(), sequence, outcome = std::move(outcome)]() mutable {
      self->settle(sequence, std::move(outcome));
      self->pump();
    });
    return;
  }
  settle(sequence, std::move(outcome));
  // Answered from within another connection's request: written when that one is done.
  if (!in_pump_) schedule_pump();
}

void SocketConnection::schedule_pump() {
  if (pump_scheduled_ || !open_) return;
  pump_scheduled_ = true;
  group_->loop().post([self = shared_from_this()] {
    self->pump_scheduled_ = false;
    self->pump();
  });
}

void SocketConnection::settle(std::uint64_t sequence, ResponseOutcome outcome) {
  if (!open_ || sequence < first_pending_) return;
  ASSERT(sequence - first_pending_ < pending_.size());
  pending_[sequence - first_pending_].outcome = std::move(outcome);
  while (!pending_.empty() && pending_.front().outcome) {
    ResponseOutcome next = std::move(*pending_.front().outcome);
    pending_.pop_front();
    ++first_pending_;
    if (next.kind == ResponseOutcome::Kind::kSend) output_.push(std::move(next.payload));
    if (next.kind == ResponseOutcome::Kind::kClose) {
      close_when_sent_ = next.reason.empty() ? "closed by the handler" : std::move(next.reason);
      // What was asked after that gets no answer.
      first_pending_ += pending_.size();
      pending_.clear();
    }
  }
}

void SocketConnection::on_readable() {
  read_armed_ = false;
  if (!open_) return;
  readable_ = true;
  if (!pending_.empty() && peer_reset()) return end(End::kPeer, "the peer reset the connection");
  pump();
}

// Noticed while a request waits, so that what waits for this peer can be dropped.
bool SocketConnection::peer_reset() const {
  std::uint8_t byte;
  const auto got = ::recv(watch_->fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

void SocketConnection::on_writable() {
  write_armed_ = false;
  if (open_) pump();
}

bool SocketConnection::may_deliver() const {
  return open_ && !draining_ && close_when_sent_.empty() && output_.pending_bytes() < kBacklogBytes &&
         pending_.size() < static_cast<std::size_t>(max_in_flight_);
}

// One turn of the connection: send, deliver what is buffered, read once if that left it hungry.
void SocketConnection::pump() {
  if (!open_ || in_pump_) return;
  in_pump_ = true;
  const auto keep = shared_from_this();
  if (flush_wants_read_ && readable_) flush_wants_read_ = false;
  bool read = false;
  for (;;) {
    const bool delivered = deliver();
    if (!open_ || !flush()) break;
    if (delivered && may_deliver() && input_.ready()) continue;
    if (read || !readable_ || !may_deliver() || input_.ready() || end_seen_) break;
    if (wait_for_budget()) break;
    read = true;
    read_once();
    if (!open_) break;
  }
  in_pump_ = false;
  if (!open_ || finish_if_done()) return;
  input_.settle();
  if (!read_armed_ && !readable_ && !end_seen_) arm_read();
}

bool SocketConnection::deliver() {
  bool any = false;
  for (int count = 0; may_deliver(); ++count) {
    if (count == kFramesPerTurn) {
      schedule_pump();
      return false;
    }
    SharedBytes frame;
    std::string reason;
    const auto next = input_.next(frame, reason);
    if (next == FrameBuffer::Next::kBad) {
      end(End::kError, reason);
      return any;
    }
    if (next == FrameBuffer::Next::kNeedMore) break;
    any = true;
    frame_began_at_ns_ = 0;
    progress_bytes_ = 0;
    group_->frames_in.add(1);
    const std::uint64_t sequence = first_pending_ + pending_.size();
    pending_.emplace_back();
    group_->handler().on_frame(*this, std::move(frame), ResponseSlot(shared_from_this(), sequence));
  }
  return any;
}

// False if the connection has ended.
bool SocketConnection::flush() {
  if (output_.empty() || write_armed_ || warming_ || flush_wants_read_) return true;
  const std::uint64_t sent_before = output_.bytes_sent();
  const std::uint64_t frames_before = output_.frames_sent();
  const auto progress = output_.flush(*transport_);
  if (output_.bytes_sent() != sent_before) {
    active_at_ns_ = group_->now_ns();
    group_->bytes_out.add(static_cast<std::int64_t>(output_.bytes_sent() - sent_before));
    group_->frames_out.add(static_cast<std::int64_t>(output_.frames_sent() - frames_before));
  }
  switch (progress) {
    case SendQueue::Progress::kDrained:
      break;
    case SendQueue::Progress::kWantRead:
      flush_wants_read_ = true;
      break;
    case SendQueue::Progress::kWantWrite:
      arm_write();
      break;
    case SendQueue::Progress::kColdFile:
      fetch_cold_slice();
      break;
    case SendQueue::Progress::kFailed:
      end(output_.peer_gone() ? End::kPeer : End::kError, output_.error());
      return false;
  }
  return true;
}

void SocketConnection::fetch_cold_slice() {
  warming_ = true;
  group_->threads().run_blocking([self = shared_from_this(), slice = output_.cold_slice()] {
    read_through(slice);
    self->group_->loop().post([self] {
      self->warming_ = false;
      self->pump();
    });
  });
}

// True if the connection has to wait until others release memory.
bool SocketConnection::wait_for_budget() {
  if (waits_for_budget_) return true;
  MemoryBudget& budget = *group_->budget();
  if (!(input_.empty() ? budget.exhausted() : budget.exhausted_for_begun_frames())) return false;
  waits_for_budget_ = budget.wait([weak = weak_from_this(), loop = group_->shared_loop()] {
    loop->post([weak] {
      const auto self = weak.lock();
      if (!self) return;
      self->waits_for_budget_ = false;
      self->pump();
    });
  });
  return waits_for_budget_;
}

void SocketConnection::read_once() {
  readable_ = false;
  const auto result = transport_->receive(input_.prepare());
  switch (result.status) {
    case IoResult::Status::kOk:
      input_.received(result.bytes);
      count_arrival(result.bytes);
      break;
    case IoResult::Status::kWantRead:
      break;
    case IoResult::Status::kWantWrite:
      readable_ = true;
      arm_write();
      break;
    case IoResult::Status::kEnd:
      end_seen_ = true;
      break;
    case IoResult::Status::kFailed:
      end(result.error == ECONNRESET ? End::kPeer : End::kError,
          concat("receiving failed: ", std::string_view(std::strerror(result.error))));
      break;
  }
}

void SocketConnection::count_arrival(std::size_t bytes) {
  bytes_in_ += bytes;
  group_->bytes_in.add(static_cast<std::int64_t>(bytes));
  const std::int64_t now = group_->now_ns();
  if (frame_began_at_ns_ == 0) frame_began_at_ns_ = now;
  progress_bytes_ += bytes;
  if (input_.ready() || progress_bytes_ >= kProgressBytes) {
    active_at_ns_ = now;
    progress_bytes_ = 0;
  }
}

bool SocketConnection::finish_if_done() {
  if (!pending_.empty() || !output_.empty()) return false;
  if (!close_when_sent_.empty()) {
    end(End::kError, close_when_sent_);
  } else if (draining_) {
    end(End::kOurs, "the listener closes");
  } else if (end_seen_ && !input_.ready()) {
    end(End::kPeer, input_.empty() ? "the peer closed" : "the peer closed in the middle of a frame");
  } else {
    return false;
  }
  return true;
}

void SocketConnection::check_timeouts(std::int64_t now_ns) {
  if (!open_) return;
  const ListenerOptions& options = group_->options();
  const bool unfinished = !input_.empty() && !input_.ready() && pending_.empty();
  if (unfinished && frame_began_at_ns_ != 0) {
    const std::int64_t frame_ms = (now_ns - frame_began_at_ns_) / 1'000'000;
    if (options.frame_timeout_ms > 0 && frame_ms > options.frame_timeout_ms)
      return end(End::kIdle, concat("a frame is unfinished after ", frame_ms, " ms"));
    if (group_->budget()->exhausted() && frame_ms > options.frame_timeout_under_pressure_ms)
      return end(End::kIdle, concat("a frame is unfinished after ", frame_ms, " ms and memory is short"));
  }
  // A request that is being handled is our business, not the peer's idleness.
  const bool handling = (!pending_.empty() && output_.empty()) || waits_for_budget_;
  const std::int64_t idle_ms = (now_ns - active_at_ns_) / 1'000'000;
  if (options.idle_timeout_ms >= 0 && !handling && idle_ms > options.idle_timeout_ms)
    end(End::kIdle, concat("idle for ", idle_ms, " ms"));
}

void SocketConnection::arm_read() {
  read_armed_ = true;
  watch_->wait_readable(shared_from_this());
}

void SocketConnection::arm_write() {
  if (write_armed_) return;
  write_armed_ = true;
  watch_->wait_writable(shared_from_this());
}

std::string SocketConnection::describe() const {
  return concat(info_.peer_address, ":", info_.peer_port, " on ", info_.listener);
}

void SocketConnection::end(End how, std::string_view reason) {
  if (!open_) return;
  open_ = false;
  const auto keep = shared_from_this();
  switch (how) {
    case End::kPeer:
    case End::kOurs:
      logger.debug("Closed ", describe(), ": ", reason);
      break;
    case End::kIdle:
      group_->closed_idle.add(1);
      logger.info("Closed ", describe(), ": ", reason);
      break;
    case End::kError:
      group_->closed_on_error.add(1);
      logger.info("Closed ", describe(), ": ", reason);
      break;
  }
  watch_.reset();
  pending_.clear();
  group_->handler().on_close(*this, reason);
  session.reset();
  admission_.reset();
  group_->closed(keep);
}

}  // namespace barnabas::network
