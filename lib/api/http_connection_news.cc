/// http_connection_news.cc: requests that wait for news: a list that waits until it is not empty, and streams.
#include <utility>

#include "api/answer.h"
#include "api/http_connection.h"
#include "api/http_head.h"

namespace maildrop::api {

namespace {

constexpr Millis kBeat{15'000};        // so that whoever stands between does not take a stream for a dead connection
const std::string kLine = ":\n\n";     // a comment
constexpr Millis kAfterFailure{1000};  // until a store or worker that was busy is asked again

Monotonic in(Millis time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

Awaitable<> HttpConnection::long_poll(std::shared_ptr<HttpJob>& job, Response& response, IpAddress client) {
  HttpShared& shared = *lane_->shared;
  const WatchPlace seat(shared, client);
  if (!seat) {
    response = shared.refuse(job->request, seat.why());
    co_return;
  }
  const Monotonic end = job->begun + response.later->wait;
  HttpNews news(*lane_, response.later->of);
  news.watch_client(socket_);
  news_ = &news;
  if (shared.draining()) news.end();
  HttpNews::Came came = co_await news.wait(end);
  while (came == HttpNews::Came::news && response.later) {
    auto again = std::make_shared<HttpJob>(lane_, job->request, job->budget);
    Response next = co_await answer_to(again, client);
    enter(Phase::waiting);
    if (next.status == 503 && in(kAfterFailure) < end) {
      came = co_await news.wait(in(kAfterFailure));
      if (came == HttpNews::Came::nothing) came = HttpNews::Came::news;
      continue;
    }
    job = std::move(again);
    response = std::move(next);
    if (response.later) came = co_await news.wait(end);
  }
  news_ = nullptr;
}

Awaitable<> HttpConnection::stream(std::shared_ptr<HttpJob> job, Response response, IpAddress client) {
  HttpShared& shared = *lane_->shared;
  const WatchPlace seat(shared, client);
  if (!seat) {
    response = shared.refuse(job->request, seat.why());
    co_await send(job->request, response, false);
    co_return;
  }
  HttpNews news(*lane_, response.later->of);
  news_ = &news;
  if (shared.draining()) news.end();
  note(&job->request, job->request.client, response.status, response.body.size());
  if (response.status == 101) {
    HttpWebSocket web(socket_);
    enter(Phase::writing);
    std::function<void()> on_end = [&news] { news.end(); };  // named: made in the call, g++ 12 destroys it twice
    const bool open = co_await web.accept(job->request, response, std::move(on_end));
    if (open) co_await go_on(&web, std::move(job), std::move(response), client);
    enter(Phase::lingering);
    co_await web.end();
    co_await linger();
  } else {
    news.watch_client(socket_);
    HeadOptions options;
    options.now = shared.context.clock.now();
    options.endless = true;
    const std::string head = response_head(response, options);
    const bool open = co_await write(head, std::string_view(), std::string_view());
    if (open) co_await go_on(nullptr, std::move(job), std::move(response), client);
  }
  news_ = nullptr;
}

/// Piece after piece, the first one of which is here.
Awaitable<> HttpConnection::go_on(HttpWebSocket* web, std::shared_ptr<HttpJob> job, Response piece, IpAddress client) {
  Request request = job->request;
  const std::shared_ptr<Budget> budget = job->budget;
  HttpNews::Came came = HttpNews::Came::news;
  while (came != HttpNews::Came::end) {
    Millis pause = kBeat;
    if (came == HttpNews::Came::nothing) {
      if (!web) piece.body = kLine;
    } else if (piece.later) {
      request.state = std::move(piece.later->state);
    } else if (piece.status == 503) {
      pause = kAfterFailure;
      piece.body.clear();
    } else {
      break;
    }
    const bool open = co_await say(web, piece);
    if (!open) break;
    piece = Response();  // a stream holds nothing of its answers
    job.reset();
    enter(Phase::waiting);
    came = co_await news_->wait(in(pause));
    if (came == HttpNews::Came::nothing && pause == kAfterFailure) came = HttpNews::Came::news;
    if (came != HttpNews::Came::news) continue;
    job = std::make_shared<HttpJob>(lane_, request, budget);
    piece = co_await answer_to(job, client);
  }
}

/// A piece as its client takes it; false: it has gone.
Awaitable<bool> HttpConnection::say(HttpWebSocket* web, const Response& piece) {
  if (!web && piece.body.empty()) co_return true;
  if (!web) {
    const bool written = co_await write(std::string_view(), std::string_view(), piece.body);
    co_return written;
  }
  if (!piece.later) co_return true;
  for (const std::string& frame : piece.later->frames) {
    enter(Phase::writing);
    const bool said = co_await web->say(frame);
    if (!said || expired_) co_return false;
  }
  co_return true;
}

}  // namespace maildrop::api
