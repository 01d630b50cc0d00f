/// inbox_events.cc: two lists of ids, compared.
#include "api/inbox_events.h"

#include <algorithm>

#include "api/site.h"
#include "core/text.h"

namespace maildrop::api {

bool KnownMessages::contains(const std::string& id) const { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

KnownMessages known_of(const std::vector<store::Summary>& newest_first) {
  KnownMessages known;
  for (const store::Summary& each : newest_first) known.ids.push_back(each.id.text());
  return known;
}

std::string to_state(const KnownMessages& known) {
  std::string state;
  for (const std::string& id : known.ids) state.append(state.empty() ? "" : " ").append(id);
  return state;
}

KnownMessages from_state(const std::string& state) {
  KnownMessages known;
  if (state.empty()) return known;
  for (const std::string_view id : split(state, ' ')) known.ids.emplace_back(id);
  return known;
}

std::vector<InboxEvent> what_happened(const KnownMessages& before, const std::vector<store::Summary>& newest_first) {
  std::vector<InboxEvent> events;
  const KnownMessages now = known_of(newest_first);
  for (const std::string& id : before.ids)
    if (before.ids.size() < kMostKnown && !now.contains(id)) events.push_back({id, nullptr});
  for (auto each = newest_first.rbegin(); each != newest_first.rend(); ++each)
    if (!before.contains(each->id.text())) events.push_back({each->id.text(), &*each});
  return events;
}

bool wants_web_socket(const Request& request) {
  return request.method == "GET" && equals_ignoring_case(field_of(request, "upgrade"), "websocket");
}

std::optional<Fault> refuse_web_socket(const Request& request, const Context& context) {
  if (from_another_site(request) && !may_read(field_of(request, "origin"), context.config))
    return Fault{403, "pages of that origin may not read here (api.cors)", {}};
  if (field_of(request, "sec-websocket-version") != "13" || field_of(request, "sec-websocket-key").empty())
    return Fault{400, "that is no handshake of RFC 6455", {}};
  if (!context.watch) return Fault{503, "there is no news here", "this process watches no inbox"};
  return std::nullopt;
}

}  // namespace maildrop::api
