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
  const bool all_known = before.ids.size() < kMostKnown;
  const auto is_known = [&](const store::Summary& each) { return before.contains(each.id.text()); };
  // Where one of two lists is full, who is not in the other may be below it.
  if (all_known && now.ids.size() < kMostKnown)
    for (const std::string& id : before.ids)
      if (!now.contains(id)) events.push_back({id, nullptr});
  auto each = newest_first.rbegin();
  if (!all_known) {  // what is older than all that is known has come up from below
    each = std::find_if(newest_first.rbegin(), newest_first.rend(), is_known);
    if (each == newest_first.rend()) each = newest_first.rbegin();
  }
  for (; each != newest_first.rend(); ++each)
    if (!is_known(*each)) events.push_back({each->id.text(), &*each});
  return events;
}

}  // namespace maildrop::api
