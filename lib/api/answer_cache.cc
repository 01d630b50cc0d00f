/// answer_cache.cc: one state for all that is kept.
#include "api/answer_cache.h"

#include <algorithm>
#include <utility>

namespace maildrop::api {

namespace {

constexpr std::uint64_t kAround = 1024;  // bytes of nodes, strings and a parsed request, beside what is in them

}  // namespace

std::shared_ptr<const KeptAnswer> AnswerCache::find(std::string_view request, const AnswerState& state, Monotonic now) {
  if (answers_.empty()) return nullptr;
  if (state != state_ || now - made_ >= kAge) {
    clear();
    return nullptr;
  }
  const auto found = answers_.find(request);
  return found == answers_.end() ? nullptr : found->second;
}

void AnswerCache::keep(std::string_view request, KeptAnswer answer, const AnswerState& state, Monotonic made) {
  if (state != state_) clear();
  // As sent, and as it was parsed.
  const std::uint64_t bytes = kAround + 3 * request.size() + answer.head.size() + answer.body.size();
  if (bytes > size_ - used_ || answers_.size() >= kMost) return;
  const bool is_first = answers_.empty();
  auto kept = std::make_shared<const KeptAnswer>(std::move(answer));
  if (!answers_.emplace(request, std::move(kept)).second) return;
  used_ += bytes;
  state_ = state;
  made_ = is_first ? made : std::min(made_, made);
}

void AnswerCache::clear() {
  answers_.clear();
  used_ = 0;
}

}  // namespace maildrop::api
