/// http_server.cc: letting clients in. What a request must be is http_check.cc's; what carries it,
/// http_connection.cc's.
///
/// Limits here: connections in all and for each source (503 and 429, and closed), a pause when descriptors run out.
#include "api/http_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "api/answer.h"
#include "api/http_connection.h"
#include "api/http_head.h"
#include "api/http_lane.h"
#include "core/log.h"
#include "core/socket_address.h"

namespace maildrop::api {

namespace {

namespace asio = boost::asio;

constexpr Millis kNoDescriptors{100};  // a pause instead of a loop at full speed: some connection ends meanwhile
constexpr Millis kShareEvery{1000};    // what the rates of requests have come to
constexpr int kBurst = 64;             // accepted in a row before others of the loop have their turn

/// A listening socket, and how to stop waiting at it.
struct Door {
  Door(HttpLane& lane, service::Listener its_listener)
      : listener(std::move(its_listener)),
        descriptor(lane.io.get_executor(), listener.fd()),
        pause(lane.io.get_executor()),
        alive(lane.shared) {}
  ~Door() { descriptor.release(); }  // the listener closes it

  service::Listener listener;
  asio::posix::basic_stream_descriptor<Executor> descriptor;
  Timer pause;
  const Alive alive;
  bool closing = false;  // who still waits is turned away
};

/// Says no without waiting, so that those who are too many cost nothing more.
void turn_away(HttpShared& shared, FileDescriptor socket, const IpAddress& address, int status,
               std::string_view phrase) {
  const Response response = shared.refuse(Request(), {status, phrase, {}});
  HeadOptions options;
  options.now = shared.context.clock.now();
  const std::string answer = response_head(response, options) + response.body;
  // Closing with unread bytes sends a reset, which overtakes the answer: what came with the connection is read.
  std::array<char, 4096> unread;
  [[maybe_unused]] const ssize_t got = recv(socket.get(), unread.data(), unread.size(), MSG_DONTWAIT);
  [[maybe_unused]] const ssize_t sent = send(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  shutdown(socket.get(), SHUT_WR);
  shared.count(status);
  log::info("http_refused", {log::Field::telling_kind(address.source().to_string()),
                             log::Field::varying("peer", address.to_string()),
                             {"status", status}});
}

void on_end(std::exception_ptr failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log::error("http_connection_failed", {{"error", error.what()}});
  }
}

void let_in(const std::shared_ptr<HttpLane>& lane, const Door& door, FileDescriptor socket, const SocketAddress& from) {
  HttpShared& shared = *lane->shared;
  // Of a unix socket file permissions say who may connect.
  const IpAddress address = ip_address(from.get()).value_or(IpAddress::from_v4(INADDR_LOOPBACK));
  if (door.closing) return turn_away(shared, std::move(socket), address, 503, "shutting down, try again later");
  // All peers of a unix socket would be one source.
  const IpAddress source = from.family() == AF_UNIX ? IpAddress() : address;
  switch (shared.admission.enter(source)) {
    case service::Admission::Answer::full:
      return turn_away(shared, std::move(socket), address, 503, "too many connections, try again later");
    case service::Admission::Answer::source_full:
      return turn_away(shared, std::move(socket), address, 429, "too many connections from your network");
    case service::Admission::Answer::admitted: break;
  }
  Guest guest(std::move(socket), address, source, shared.admission);
  auto connection = std::make_shared<HttpConnection>(lane, std::move(guest), from.family());
  asio::co_spawn(lane->io.get_executor(), HttpConnection::run(std::move(connection)), on_end);
}

/// Accepts what waits. The errno that ended it: EAGAIN when nobody waits any more, 0 when it is others' turn.
int accept_some(const std::shared_ptr<HttpLane>& lane, Door& door, int at_most) {
  for (int i = 0; i < at_most; ++i) {
    SocketAddress from;
    FileDescriptor socket(accept4(door.listener.fd(), from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      let_in(lane, door, std::move(socket), from);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM || errno == EAGAIN) {
      return errno;
    }  // others are of that one client, who left already
  }
  return 0;
}

/// accept_some() for coroutines: a client that could not be let in costs that client only.
int try_accept(const std::shared_ptr<HttpLane>& lane, Door& door, int at_most) {
  door.listener.turn();
  try {
    return accept_some(lane, door, at_most);
  } catch (const std::exception& error) {
    log::error("http_accept_failed", {{"error", error.what()}});
    return ENOMEM;
  }
}

Awaitable<> keep_door(std::shared_ptr<HttpLane> lane, std::shared_ptr<Door> door) {
  while (!lane->shared->draining()) {
    const auto [error] = co_await door->descriptor.async_wait(asio::posix::descriptor_base::wait_read, kWait);
    if (error) break;
    const int ended = try_accept(lane, *door, kBurst);
    if (ended == 0 || ended == EAGAIN) continue;
    log::warning("http_accept_paused", {{"error", std::strerror(ended)}});
    door->pause.expires_after(kNoDescriptors);
    co_await door->pause.async_wait(kWait);
  }
  door->closing = true;
  door->listener.leave(lane->shared->left());
  // Closing a listener resets those who wait at it: they hear 503. Those at a shared one are the next process's.
  if (!door->listener.shared()) try_accept(lane, *door, 4096);
}

void open_door(const std::shared_ptr<HttpLane>& lane, service::Listener listener) try {
  auto door = std::make_shared<Door>(*lane, std::move(listener));
  lane->doors.emplace_back([weak = std::weak_ptr<Door>(door)] {
    const std::shared_ptr<Door> there = weak.lock();
    if (!there) return;
    there->descriptor.cancel();
    there->pause.cancel();
  });
  asio::co_spawn(lane->io.get_executor(), keep_door(lane, std::move(door)), on_end);
} catch (const std::exception& error) {  // a loop has nobody to tell
  log::error("http_listen_failed", {{"error", error.what()}});
}

/// Rates that are shared with other processes, again and again.
struct Sharing {
  Sharing(HttpLane& lane, store::Bookkeeper& its_ledger)
      : ledger(its_ledger), pause(lane.io.get_executor()), alive(lane.shared) {}

  store::Bookkeeper& ledger;
  Timer pause;
  const Alive alive;
};

void share_now(const std::shared_ptr<Rates>& rates, store::Bookkeeper& ledger) try {
  share_rates(rates, ledger);
} catch (const std::exception&) {  // out of memory: the next second comes to it again
}

Awaitable<> keep_sharing(std::shared_ptr<HttpLane> lane, std::shared_ptr<Sharing> sharing) {
  while (!lane->shared->draining()) {
    sharing->pause.expires_after(kShareEvery);
    co_await sharing->pause.async_wait(kWait);
    share_now(lane->shared->rates, sharing->ledger);  // at the end, too: who comes next is to know it
  }
}

void begin_to_share(const std::shared_ptr<HttpLane>& lane, store::Bookkeeper& ledger) {
  auto sharing = std::make_shared<Sharing>(*lane, ledger);
  lane->doors.emplace_back([weak = std::weak_ptr<Sharing>(sharing)] {
    if (const std::shared_ptr<Sharing> there = weak.lock()) there->pause.cancel();
  });
  asio::co_spawn(lane->io.get_executor(), keep_sharing(lane, std::move(sharing)), on_end);
}

}  // namespace

struct HttpServer::State {
  store::Bookkeeper* ledger = nullptr;
  std::shared_ptr<HttpShared> shared;
  std::vector<std::shared_ptr<HttpLane>> lanes;
  service::ListenersByLoop listeners;
};

HttpServer::HttpServer(service::Loops& loops, service::ListenersByLoop listeners, service::Offload& offload,
                       Context& context, store::Bookkeeper* ledger)
    : state_(std::make_shared<State>()) {
  state_->ledger = ledger;
  state_->shared = std::make_shared<HttpShared>(offload, context, ledger != nullptr);
  for (std::size_t i = 0; i < loops.size(); ++i)
    state_->lanes.push_back(std::make_shared<HttpLane>(loops.at(i).context(), state_->shared,
                                                       state_->shared->settings.answer_cache / loops.size()));
  state_->listeners = std::move(listeners);
}

HttpServer::~HttpServer() { state_->shared->wait_for_jobs(); }

void HttpServer::start() {
  service::ListenersByLoop listeners = std::move(state_->listeners);
  for (std::size_t i = 0; i < listeners.size() && i < state_->lanes.size(); ++i) {
    const std::shared_ptr<HttpLane> lane = state_->lanes[i];
    auto mine = std::make_shared<std::vector<service::Listener>>(std::move(listeners[i]));
    asio::post(lane->io, [lane, mine] {
      for (service::Listener& each : *mine) open_door(lane, std::move(each));
    });
  }
  if (!state_->ledger) return;
  const std::shared_ptr<HttpLane> first = state_->lanes.front();
  asio::post(first->io, [first, ledger = state_->ledger] { begin_to_share(first, *ledger); });
}

void HttpServer::apply(const Config& config) { state_->shared->apply(config); }

void HttpServer::drain(std::function<void()> done, std::vector<std::string> left) {
  state_->shared->drain(std::move(done), std::move(left));
  for (const std::shared_ptr<HttpLane>& lane : state_->lanes) {
    auto alive = std::make_shared<Alive>(state_->shared);  // the last lane to hear of it may be the last to go
    asio::post(lane->io, [lane, alive] { lane->drain(); });
  }
}

std::size_t HttpServer::connections() const { return state_->shared->admission.count(); }

}  // namespace maildrop::api
