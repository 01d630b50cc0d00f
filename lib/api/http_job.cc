/// http_job.cc: to a worker and back.
#include "api/http_job.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "api/answer.h"

namespace maildrop::api {

namespace {

namespace asio = boost::asio;

Fault busy(std::string why) { return {503, "too many requests are waiting, try again later", std::move(why)}; }

/// A worker that hangs in the store keeps its thread and its job; whoever asked is not kept.
Fault late() { return {503, "the store is not available, try again later", "no answer within api.answer_timeout"}; }

/// What a worker does. A request that has waited for half of its time is not begun: its answer would come when nobody
/// waits for it any more, and once the queue is that long, all work would be for nobody. What it throws is for want of
/// memory, and leaves the response of the start: who asked need not wait for api.answer_timeout to hear so.
void answer(HttpShared& shared, HttpJob& job) try {
  const Millis patience = shared.settings.answer_timeout / 2;
  if (shared.ending() || std::chrono::steady_clock::now() - job.begun > patience) {
    job.response = shared.refuse(job.request, busy("waited for half of api.answer_timeout"));
  } else {
    job.response = shared.answer(job.request, job.route, job.room, job.spent);
  }
} catch (const std::exception&) {  // its line in the log is that of the response
}

/// Gives the job to a worker; false when too many wait already.
bool hand_over(std::shared_ptr<HttpJob> job, const IpAddress& source) {
  const std::shared_ptr<HttpShared> shared = job->lane->shared;
  auto at_work = std::make_shared<AtWork>(shared);
  auto work = [shared, at_work = std::move(at_work), job = std::move(job)]() mutable {
    answer(*shared, *job);
    asio::io_context& io = job->lane->io;
    asio::post(io, [job = std::move(job)] {  // moved: its timer must end on its own thread
      job->done = true;
      job->ready.cancel();
    });
  };
  return shared->offload.push(source.source(), std::move(work));
}

}  // namespace

HttpJob::HttpJob(std::shared_ptr<HttpLane> of, Request asked, std::shared_ptr<Budget> its_budget)
    : lane(std::move(of)),
      alive(lane->shared),
      request(std::move(asked)),
      route(route_of(request, lane->shared->context.admin)),
      budget(std::move(its_budget)),
      room(lane->shared->memory, budget),
      begun(std::chrono::steady_clock::now()),
      ready(lane->io.get_executor(), lane->shared->settings.answer_timeout) {}

Awaitable<Response> answer_to(std::shared_ptr<HttpJob> job, IpAddress source) {
  HttpShared& shared = *job->lane->shared;
  if (!job->route || job->route->runs == Runs::on_loop)
    co_return shared.answer(job->request, job->route, job->room, job->spent);
  if (!hand_over(job, source)) co_return shared.refuse(job->request, busy("api.waiting is used up"));
  co_await job->ready.async_wait(kWait);
  if (!job->done) co_return shared.refuse(job->request, late());
  co_return std::move(job->response);
}

}  // namespace maildrop::api
