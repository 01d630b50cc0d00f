/// http_job.h: one request on its way through a worker. Inside http_connection only.
#pragma once

#include <memory>

#include "api/http_lane.h"

namespace maildrop::api {

/// The socket is not part of it: two threads never share one. It is alive like a connection, and may outlive its own: a
/// drain waits for it, and so does the limit of the drain.
struct HttpJob {
  HttpJob(std::shared_ptr<HttpLane> of, Request asked, std::shared_ptr<Budget> its_budget);

  const std::shared_ptr<HttpLane> lane;
  const Alive alive;
  const Request request;
  const Route* const route;
  const std::shared_ptr<Budget> budget;
  AnswerRoom room;                                  // of the response
  Response response{500, {}, {}, {}, "no memory"};  // the worker's until `done`; so is its room
  Rates::Answer spent;                              // of a rate that the handler took; the worker's until `done`
  bool done = false;
  const Monotonic begun;
  Timer ready;  // ends when the answer is here, or is due; touched on the loop's thread alone
};

/// The answer, by a worker where the route wants one; in any case within api.answer_timeout. `source` is in whose turn
/// it is. Runs on the loop of its lane.
Awaitable<Response> answer_to(std::shared_ptr<HttpJob> job, IpAddress source);

}  // namespace maildrop::api
