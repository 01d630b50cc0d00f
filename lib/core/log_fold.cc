/// log_fold.cc: counts the lines of a kind within its minute.
#include "core/log_fold.h"

#include <utility>

namespace maildrop::log {

bool Fold::is_written(std::string_view kind, unsigned most, Monotonic now) {
  while (!kinds_.empty() && now >= kinds_.front().since + kWindow) give_up_first();
  auto found = by_name_.find(kind);
  if (found == by_name_.end()) {
    if (kinds_.size() == kKinds) give_up_first();
    const auto made = kinds_.insert(kinds_.end(), Kind{std::string(kind), now, 0, {}});
    found = by_name_.emplace(made->name, made).first;
  }
  last_ = found->second;
  if (last_->written == most) return false;
  ++last_->written;
  return true;
}

void Fold::hold(std::string line) {
  last_->held.line = std::move(line);
  ++last_->held.repeated;
}

void Fold::give_up_first() {
  Kind& first = kinds_.front();
  if (first.held.repeated > 0) due_.push_back(std::move(first.held));
  by_name_.erase(first.name);
  kinds_.pop_front();
}

std::vector<Fold::Summary> Fold::take_due(Monotonic now) {
  while (!kinds_.empty() && (now == Monotonic::max() || now >= kinds_.front().since + kWindow)) give_up_first();
  return std::exchange(due_, {});
}

}  // namespace maildrop::log
