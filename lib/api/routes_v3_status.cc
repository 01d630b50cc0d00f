/// routes_v3_status.cc: what who uses this server may want to know of it; nothing that tells how to harm it.
#include <algorithm>

#include "api/v3.h"

namespace maildrop::api {

namespace {

/// null: mail to any domain is taken.
Json domains_of(const Config& config) {
  const std::vector<std::string>& domains = config.mail.domains;
  if (domains.empty() || std::find(domains.begin(), domains.end(), "*") != domains.end()) return nullptr;
  return domains;
}

/// Whether mail would be stored now; null: another process takes it, of which this one knows nothing.
Json takes_mail(Context& context) {
  if (!context.takes_mail) return nullptr;
  return context.store.ready().has_value();
}

Response status(const Request&, Args, Context& context) {
  const auto wait = std::chrono::duration_cast<std::chrono::seconds>(context.config.api.wait_time);
  return json_answer(200, Json{{"api", "v3"},
                               {"takes_mail", takes_mail(context)},
                               {"domains", domains_of(context.config)},
                               {"aliases", context.config.inbox.alias},
                               {"max_wait", wait.count()},
                               {"limits", v3_limits(context.config)}});
}

constexpr Route kV3StatusRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/status",
     .summary = "domains and limits, and whether mail is taken",
     .handle = status,
     .answer = "Status"},
};

}  // namespace

std::span<const Route> v3_status_routes() { return kV3StatusRoutes; }

}  // namespace maildrop::api
