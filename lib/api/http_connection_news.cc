/// http_connection_news.cc: requests that wait for news: a list that waits until it is not empty, and streams.
#include <utility>

#include "api/answer.h"
#include "api/http_connection.h"
#include "api/http_head.h"

namespace maildrop::api {

namespace {

constexpr Millis kBeat{15'000};     // so that whoever stands between does not take a stream for a dead connection
const std::string kLine = ":\n\n";  // a comment
const std::string kNoHead;
constexpr Millis kAfterFailure{1000};  // until a store or worker that was busy is asked again

Fault crowded() { return {503, "too many requests wait for news, try again later", "api.watchers are used up"}; }

Monotonic in(Millis time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

Awaitable<bool> HttpConnection::long_poll(std::shared_ptr<HttpJob>& job, Response& response, IpAddress client) {
  HttpShared& shared = *lane_->shared;
  const WatchPlace seat(shared);
  if (!seat) {
    response = shared.refuse(job->request, crowded());
    co_return true;
  }
  const Monotonic end = job->begun + response.later->wait;
  HttpNews news(*lane_, *shared.context.watch, response.later->inbox, socket_);
  news_ = &news;
  HttpNews::Came came = HttpNews::Came::news;  // what came before it watched
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
  co_return !news.client_gone();
}

Awaitable<> HttpConnection::stream(std::shared_ptr<HttpJob> job, Response response, IpAddress client) {
  HttpShared& shared = *lane_->shared;
  const WatchPlace seat(shared);
  if (!seat) {
    response = shared.refuse(job->request, crowded());
    co_await send(job->request, response, false);
    co_return;
  }
  HttpNews news(*lane_, *shared.context.watch, response.later->inbox, socket_);
  note(&job->request, response, {});
  HeadOptions options;
  options.now = shared.context.clock.now();
  options.endless = true;
  const std::string head = response_head(response, options);
  bool open = co_await write(head, response.body);
  enter(Phase::waiting);
  Request request = job->request;
  request.state = std::move(response.later->state);
  const std::shared_ptr<Budget> budget = job->budget;
  job.reset();  // a stream holds nothing of its answers
  response = Response();
  news_ = &news;
  HttpNews::Came came = HttpNews::Came::news;
  while (open && came != HttpNews::Came::end) {
    Millis pause = kBeat;
    if (came == HttpNews::Came::nothing) {
      open = co_await write(kNoHead, kLine);
    } else {
      auto again = std::make_shared<HttpJob>(lane_, request, budget);
      const Response next = co_await answer_to(again, client);
      if (next.status != 503 && !next.later) break;
      if (next.later) request.state = next.later->state;
      if (next.later && !next.body.empty()) open = co_await write(kNoHead, next.body);
      if (!next.later) pause = kAfterFailure;
    }
    if (!open) break;
    enter(Phase::waiting);
    came = co_await news.wait(in(pause));
    if (came == HttpNews::Came::nothing && pause == kAfterFailure) came = HttpNews::Came::news;
  }
  news_ = nullptr;
}

}  // namespace maildrop::api
