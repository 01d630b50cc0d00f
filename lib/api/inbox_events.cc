/// inbox_events.cc: two lists of ids, compared.
#include "api/inbox_events.h"

#include <algorithm>

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

}  // namespace maildrop::api
