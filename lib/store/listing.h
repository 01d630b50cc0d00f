/// listing.h: what of an inbox a list shows, as its backends walk through it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "store/store.h"

namespace maildrop::store {

/// Takes the summaries of an inbox, newest first, until it is full.
class Listing {
 public:
  explicit Listing(const Query& query) : query_(query) {}

  bool full() const { return found_.size() >= query_.limit; }
  void add(const Summary& summary) {
    if (counts(summary)) found_.push_back(summary);
  }
  void add(Summary&& summary) {
    if (counts(summary)) found_.push_back(std::move(summary));
  }
  std::vector<Summary> take() { return std::move(found_); }

 private:
  bool counts(const Summary& summary) {
    const bool quarantined = summary.mark == Mark::quarantine;
    if (quarantined ? query_.quarantined == Quarantined::hidden : query_.quarantined == Quarantined::only) return false;
    return passed_++ >= query_.offset && !full();
  }

  const Query query_;
  std::size_t passed_ = 0;  // that would be shown by a list without end
  std::vector<Summary> found_;
};

}  // namespace maildrop::store
