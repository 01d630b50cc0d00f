/// routes_health.cc: for those who watch over the process: alive, ready, and figures.
#include "api/answer.h"

namespace maildrop::api {

namespace {

Response text(std::string body) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

/// Says only that all of the process goes on: a restart is no cure for a store that is down.
Response livez(const Request&, Args, Context& context) {
  const std::string stuck = context.stuck ? (*context.stuck)() : std::string();
  if (stuck.empty()) return text("ok\n");
  return problem(Fault{503, "this process hangs", stuck});
}

/// Whether `deep` asks for a canary.
tl::expected<bool, Fault> wants_canary(const Request& request) {
  const auto deep = request.query.find("deep");
  if (deep == request.query.end() || deep->second == "0") return false;
  if (deep->second == "1") return true;
  return tl::unexpected(Fault{400, "deep is 0 or 1", {}});
}

/// Of the store, by what this process means to do with it: write it, or read it. Whether another one takes mail is not
/// known here, but by a canary.
Response readyz(const Request& request, Args, Context& context) {
  const auto deep = wants_canary(request);
  if (!deep) return problem(deep.error());
  const Result<void> ready = context.store.ready();
  if (!ready) return problem(Fault{503, "the store cannot be used", ready.error().what});
  std::string told = "ok\n";
  if (*deep) {
    if (!context.canary) return problem(Fault{501, "there is no SMTP server here to send a message through", {}});
    CanaryAnswer answer = (*context.canary)();
    if (answer.kind != CanaryAnswer::Kind::well) {
      const int status = answer.kind == CanaryAnswer::Kind::fails ? 503 : 501;
      return problem(Fault{status, answer.phrase, std::move(answer.told)});
    }
    told += answer.told + "\n";
  }
  return text(told + (context.impaired ? (*context.impaired)() : std::string()));
}

Response metrics(const Request&, Args, Context& context) {
  Response response = text(context.metrics.text());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

Response dns(const Request&, Args args, Context& context) {
  if (!context.ask_dns || !context.config.api.dns) return problem(Fault{404, "no such path", {}});
  Result<std::string> answer = (*context.ask_dns)(args[0], args[1]);
  if (!answer && answer.error().code == Code::over_limit)
    return problem(Fault{503, "another question is waiting for its answer, try again later", {}});
  if (!answer) return problem(Fault{400, "not a name and a type of the DNS", answer.error().what});
  Response response;
  response.body = std::move(*answer);
  return response;
}

constexpr Route kHealthRoutes[] = {
    {.method = "GET",
     .pattern = "/livez",
     .summary = "200 while the process goes on, 503 where a thread of it hangs",
     .handle = livez,
     .runs = Runs::on_loop,
     .free = true},
    {.method = "GET",
     .pattern = "/readyz",
     .summary = "200 while the store can be used, 503 otherwise; with deep=1 while a message goes all of its way",
     .handle = readyz,
     .free = true},
    {.method = "GET",
     .pattern = "/metrics",
     .summary = "figures as Prometheus text",
     .handle = metrics,
     .runs = Runs::on_loop,
     .figures = true},
    {.method = "GET",
     .pattern = "/dns/{domain}/{type}",
     .summary = "what the filters hear of the DNS, for who asks on the same machine",
     .handle = dns,
     .local = true},
};

}  // namespace

std::span<const Route> health_routes() { return kHealthRoutes; }

}  // namespace maildrop::api
