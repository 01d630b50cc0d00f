/// live_changes.h: what a server did with live mail, beside what its filter.shadow would have done, from its reports.
#pragma once

#include <functional>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "replay/comparison.h"

namespace maildrop::replay {

/// Counts decisions (a line of maildrop-report(1) each) that have both. Their names are the ids of messages; of who was
/// refused, of the session, and for recipients their pseudonyms. Not thread-safe.
class LiveChanges {
 public:
  /// Whoever knows says whether a message was spam, by its id; without, nothing has a label.
  using LabelOf = std::function<Label(std::string_view id)>;
  explicit LiveChanges(LabelOf label_of = {}) : label_of_(std::move(label_of)) {}

  /// What came before `since` is left out. corrupt: it is no decision.
  Result<void> add(std::string_view line, Time since);

  /// Comparison::unknown has decisions of which filter.shadow said nothing.
  const Comparison& found() const { return found_; }

 private:
  LabelOf label_of_;
  Comparison found_;
};

}  // namespace maildrop::replay
