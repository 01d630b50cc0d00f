/// inbox_events.h: what all streams of an inbox share: what they know of it, and what there is to tell. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/answer.h"

namespace maildrop::api {

/// Messages that a stream knows of: the newest. What is below comes and goes untold.
inline constexpr std::size_t kMostKnown = 100;

struct KnownMessages {
  std::vector<std::string> ids;  // newest first
  bool contains(const std::string& id) const;
};

/// Of a list of kMostKnown at most.
KnownMessages known_of(const std::vector<store::Summary>& newest_first);
/// As Later::state, and of it again.
std::string to_state(const KnownMessages& known);
KnownMessages from_state(const std::string& state);

struct InboxEvent {
  std::string id;
  const store::Summary* stored = nullptr;  // nullptr: it was removed
};

/// From what was known to what there is: what was removed, then what came, the oldest first. Points into the list.
/// Tells no removals where one of both has kMostKnown.
std::vector<InboxEvent> what_happened(const KnownMessages& before, const std::vector<store::Summary>& newest_first);

}  // namespace maildrop::api
