#include "admin/session.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "common/logging.h"
#include "common/text.h"

namespace barnabas::admin {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using beast::error_code;

namespace {

const Logger logger("admin.Session");

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// One connection, one request at a time. Lives on the server's thread, kept alive by what it waits for.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<SessionCore> core, tcp::socket socket)
      : core_(std::move(core)), stream_(std::move(socket)), answer_timer_(stream_.get_executor()) {
    core_->count_session(1);
    error_code error;
    const auto peer = stream_.socket().remote_endpoint(error);
    peer_is_local_ = !error && is_loopback_address(peer.address().to_string());
    stream_.socket().set_option(tcp::no_delay(true), error);
  }
  ~Session() { core_->count_session(-1); }

  // Waits for the first byte of the next request.
  void start() {
    if (buffer_.size() > 0) return read_head();
    stream_.expires_after(core_->options().idle_timeout);
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                              if (error) return self->close();
                              self->buffer_.commit(bytes);
                              self->read_head();
                            });
  }

 private:
  void read_head() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_->options().header_bytes_max));
    parser_->body_limit(core_->options().body_bytes_max);
    stream_.expires_after(core_->options().request_timeout);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->refuse(error);
                              self->check_head();
                            });
  }

  void check_head() {
    const auto& head = parser_->get();
    keep_alive_ = head.keep_alive();
    is_head_ = head.method() == http::verb::head;
    const RequestHead facts{.method = view(head.method_string()),
                            .host = view(head[http::field::host]),
                            .origin = view(head[http::field::origin]),
                            .authorization = view(head[http::field::authorization]),
                            .content_type = view(head[http::field::content_type]),
                            .peer_is_local = peer_is_local_};
    if (auto refusal = core_->gate().check(facts)) {
      // The body is not read, so the connection ends here.
      keep_alive_ = parser_->is_done() && keep_alive_;
      return write(std::move(*refusal));
    }
    if (beast::iequals(head[http::field::expect], "100-continue")) return write_continue();
    read_body();
  }

  void write_continue() {
    const auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
    http::async_write(stream_, *go_on, [self = shared_from_this(), go_on](error_code error, std::size_t) {
      if (error) return self->close();
      self->read_body();
    });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->refuse(error);
      self->handle();
    });
  }

  // What the parser could not take; the stream has no next request then.
  void refuse(error_code error) {
    keep_alive_ = false;
    if (error == http::error::header_limit) return write(error_response(431, "The header is too large."));
    if (error == http::error::body_limit) return write(error_response(413, "The body is too large."));
    // After a time-out the stream is closed already.
    if (error == beast::error::timeout || error == http::error::end_of_stream ||
        error.category() != http::make_error_code(http::error::bad_method).category())
      return close();
    write(error_response(400, concat("This is no HTTP request: ", error.message(), ".")));
  }

  void handle() {
    stream_.expires_never();
    auto message = parser_->release();
    auto request = std::make_shared<Request>();
    request->method = view(message.method_string());
    const std::string_view target = view(message.target());
    const auto question = target.find('?');
    request->path = target.substr(0, question);
    request->base_url = concat("http://", view(message[http::field::host]));
    request->body = std::move(message.body());
    auto query =
        parse_query(question == std::string_view::npos ? std::string_view() : target.substr(question + 1));
    auto match = core_->router().match(request->method, request->path);
    if (!query || match.broken_path) return write(error_response(400, "The URL has a broken escape."));
    if (match.allowed.empty()) return write(error_response(404, "HTTP 404 Not Found"));
    if (request->method == "OPTIONS") {
      Response options;
      options.status = 204;
      options.headers.emplace_back("Allow", match.allowed);
      return write(std::move(options));
    }
    if (!match.route) {
      Response refusal = error_response(405, "HTTP 405 Method Not Allowed");
      refusal.headers.emplace_back("Allow", match.allowed);
      return write(std::move(refusal));
    }
    request->query = std::move(*query);
    request->parameters = std::move(match.parameters);
    ask(*match.route, std::move(request));
  }

  void ask(const Route& route, RequestPtr request) {
    const std::uint64_t number = ++asked_;
    waiting_ = true;
    // Answers may come when the session or the whole server is gone.
    Responder responder(
        [weak_core = std::weak_ptr(core_), weak = weak_from_this(), number](Response response) mutable {
          const auto core = weak_core.lock();
          if (!core) return;
          core->post([weak = std::move(weak), number, response = std::move(response)]() mutable {
            const auto self = weak.lock();
            if (self && self->waiting_ && self->asked_ == number) self->answer(std::move(response));
          });
        });
    answer_timer_.expires_after(core_->options().answer_timeout);
    answer_timer_.async_wait([self = shared_from_this(), number](error_code error) {
      if (error || !self->waiting_ || self->asked_ != number) return;
      self->keep_alive_ = false;
      self->answer(error_response(504, "The broker did not answer in time."));
    });
    route.handler(std::move(request), std::move(responder));
  }

  void answer(Response response) {
    waiting_ = false;
    answer_timer_.cancel();
    write(std::move(response));
  }

  void write(Response response) {
    response_.emplace();
    response_->version(11);
    response_->result(static_cast<unsigned>(response.status));
    response_->set(http::field::server, "barnabas");
    response_->set(http::field::cache_control, "no-store");
    response_->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) response_->insert(name, value);
    response_->keep_alive(keep_alive_);
    if (response.status != 204) {
      response_->set(http::field::content_type, response.content_type);
      response_->content_length(response.body.size());
      if (!is_head_) response_->body() = std::move(response.body);
    }
    serializer_.emplace(*response_);
    serializer_->split(is_head_);
    stream_.expires_after(core_->options().answer_timeout);
    const auto done = [self = shared_from_this()](error_code error, std::size_t) { self->written(error); };
    if (is_head_) return http::async_write_header(stream_, *serializer_, done);
    http::async_write(stream_, *serializer_, done);
  }

  void written(error_code error) {
    serializer_.reset();
    response_.reset();
    is_head_ = false;
    if (error || !keep_alive_) return close();
    start();
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  const std::shared_ptr<SessionCore> core_;
  beast::tcp_stream stream_;
  asio::steady_timer answer_timer_;
  beast::flat_buffer buffer_{64 * 1024};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  bool peer_is_local_ = false;
  bool keep_alive_ = false;
  bool is_head_ = false;
  bool waiting_ = false;
  std::uint64_t asked_ = 0;
};

}  // namespace

bool SessionCore::post(std::move_only_function<void()> task) {
  const std::scoped_lock lock(mutex_);
  if (!context_) return false;
  asio::post(*context_, std::move(task));
  return true;
}

void SessionCore::end() {
  std::unique_ptr<asio::io_context> ended;
  {
    const std::scoped_lock lock(mutex_);
    ended = std::move(context_);
  }
}

void start_session(const std::shared_ptr<SessionCore>& core, tcp::socket socket) {
  std::make_shared<Session>(core, std::move(socket))->start();
}

}  // namespace barnabas::admin
