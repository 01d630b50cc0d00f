/// routes_v3_openapi.cc: what can be asked, for programs that make clients of it.
#include "api/openapi.h"
#include "api/v3.h"

namespace maildrop::api {

namespace {

/// The table does not change while we run.
Response document(const Request&, Args, Context&) {
  static const std::string text = json_answer(200, openapi(routes())).body;
  Response response;
  response.body = text;
  return response;
}

constexpr Route kV3OpenapiRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/openapi.json",
     .summary = "version 3 of this interface as OpenAPI 3.1",
     .handle = document,
     .compresses = true,
     .answer = "application/json"},
};

}  // namespace

std::span<const Route> v3_openapi_routes() { return kV3OpenapiRoutes; }

}  // namespace maildrop::api
