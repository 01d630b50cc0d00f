/// routes_admin_state.cc: the process itself: how it does, its filters, its settings.
#include <algorithm>
#include <utility>

#include "api/admin.h"
#include "api/settings_json.h"
#include "core/text.h"
#include "filter/filters.h"
#include "filter/trace.h"

namespace maildrop::api {

namespace {

using filter::Action;
using filter::Chain;

Json impaired(const Context& context) {
  Json lines = Json::array();
  const std::string text = context.impaired ? (*context.impaired)() : std::string();
  for (const std::string_view line : split(text, '\n'))
    if (!line.empty()) lines.push_back(line);
  return lines;
}

Json store_of(const Context& context) {
  const Result<store::StoreStats> stats = context.store.stats();
  if (!stats) return Json{{"error", stats.error().what}};
  const Result<void> ready = context.store.ready();
  return Json{{"inboxes", stats->inboxes},
              {"messages", stats->messages},
              {"bytes", stats->bytes},
              {"wal_bytes", stats->wal_bytes},
              {"limit", context.config.store.max_size},
              {"error", ready ? Json(nullptr) : Json(ready.error().what)}};
}

Response admin_status(const Request&, Args, Context& context) {
  const Admin& admin = *context.admin;
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(context.clock.now() - admin.started);
  Json answer{{"version", admin.version},         {"started", rfc3339(admin.started)}, {"seconds", up.count()},
              {"takes_mail", context.takes_mail}, {"store", store_of(context)},        {"impaired", impaired(context)}};
  if (admin.memory) answer["memory"] = Json{{"used", admin.memory->used()}, {"limit", admin.memory->limit()}};
  if (admin.committer) answer["committer"] = Json{{"waiting", admin.committer->waiting()}};
  if (admin.admission)
    answer["smtp"] = Json{{"connections", admin.admission->count()}, {"limit", context.config.limits.connections}};
  return json_answer(200, answer);
}

std::uint64_t counted(const Context& context, std::string_view family, std::string_view filter,
                      std::string_view label = {}, std::string_view value = {}) {
  std::string labels = "filter=\"" + std::string(filter) + "\"";
  if (!label.empty()) labels.append(",").append(label).append("=\"").append(value).append("\"");
  return context.metrics.total(family, labels);
}

std::string_view name_of(FilterUse::OnError on_error) {
  constexpr std::string_view kNames[] = {"pass", "defer", "reject"};
  return kNames[static_cast<std::size_t>(on_error)];
}

Json phases_of(std::uint8_t bits) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::size(filter::kPhaseNames); ++i)
    if (const auto phase = static_cast<filter::Phase>(i); (bits & filter::bit(phase)) != 0)
      list.push_back(filter::kPhaseNames[i]);
  return list;
}

/// `maildrop_filter_...` of /metrics, by their filter.
void add_counts(std::string_view name, const Context& context, Json& out) {
  for (const char* result : {"silent", "against", "in_favour", "failed"})
    out["findings"][result] = counted(context, "maildrop_filter_findings_total", name, "result", result);
  out["actions"] = Json::object();
  for (const Action action :
       {Action::tag, Action::quarantine, Action::discard, Action::defer, Action::reject, Action::disconnect}) {
    const std::string_view done = filter::name_of(action);
    if (const auto count = counted(context, "maildrop_filter_actions_total", name, "action", done))
      out["actions"][std::string(done)] = count;
  }
  out["microseconds"] = counted(context, "maildrop_filter_microseconds_total", name);
}

Json link_json(const Chain::Link& link, const Chain& chain, const Context& context) {
  const std::optional<Endpoint> service = link.filter->service();
  Json out{{"filter", link.name},
           {"mode", filter::name_of(link.use.mode)},
           {"weight", link.use.weight},
           {"on_error", name_of(link.use.on_error)},
           {"timeout", format_duration(chain.timeout_of(link))},
           {"phases", phases_of(link.phases)},
           {"service", service ? Json(service->to_string()) : Json(nullptr)}};
  add_counts(link.name, context, out);
  return out;
}

/// In the order in which they are asked; then those that are off.
Response filters(const Request&, Args, Context& context) {
  if (!context.admin->chain) return problem(404, "this process takes no mail, and has no filters");
  const std::shared_ptr<const Chain> chain = context.admin->chain();
  Json list = Json::array();
  for (const Chain::Link& link : chain->links()) list.push_back(link_json(link, *chain, context));
  for (const filter::FilterKind& kind : filter::filter_kinds())
    if (kind.use(chain->settings()).mode == FilterUse::Mode::off)
      list.push_back(Json{{"filter", kind.name}, {"mode", "off"}});
  return json_answer(200, Json{{"filters", std::move(list)}, {"impaired", impaired(context)}});
}

Response config(const Request&, Args, Context& context) {
  const std::shared_ptr<const LoadedConfig> loaded = context.admin->settings();
  Json list = Json::array();
  for (const Setting& setting : settings()) list.push_back(setting_json(*loaded, setting));
  return json_answer(200, Json{{"files", loaded->files}, {"settings", std::move(list)}});
}

constexpr Route kAdminStateRoutes[] = {
    {.method = "GET",
     .pattern = "/admin/v1/status",
     .summary = "version, store, memory, connections, and what does not work",
     .handle = admin_status},
    {.method = "GET",
     .pattern = "/admin/v1/filters",
     .summary = "each filter: how it is used, what it has found, and what fails",
     .handle = filters},
    {.method = "GET",
     .pattern = "/admin/v1/config",
     .summary = "all settings in force, and where each was set; no secrets",
     .handle = config},
};

}  // namespace

std::span<const Route> admin_state_routes() { return kAdminStateRoutes; }

}  // namespace maildrop::api
