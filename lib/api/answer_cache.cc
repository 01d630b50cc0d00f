/// answer_cache.cc: one state for all that is kept.
#include "api/answer_cache.h"

#include <algorithm>
#include <utility>

namespace maildrop::api {

namespace {

constexpr std::uint64_t kAround = 1024;  // bytes of nodes and strings, beside what is in them
constexpr std::uint64_t kOfField = 128;  // the same of each field and segment that was parsed

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

std::uint64_t AnswerCache::size_of(std::string_view request, const Request& parsed) {
  return kAround + 2 * request.size() + kOfField * (parsed.headers.size() + parsed.path.size());
}

bool AnswerCache::has_room(std::string_view request, const Request& parsed, std::size_t body) const {
  const std::uint64_t bytes = size_of(request, parsed) + body;
  return bytes <= size_ - used_ && answers_.size() < kMost;
}

void AnswerCache::keep(std::string_view request, KeptAnswer answer, const AnswerState& state, Monotonic made,
                       Monotonic now) {
  if (now - made >= kAge) return;
  if (state != state_) {
    if (!answers_.empty() && made < made_) return;
    clear();
  }
  const std::uint64_t bytes = size_of(request, answer.request) + answer.head.size() + answer.body.size();
  if (bytes > size_ - used_ || answers_.size() >= kMost) return;
  const bool is_first = answers_.empty();
  auto kept = std::make_shared<const KeptAnswer>(std::move(answer));
  if (!answers_.emplace(request, std::move(kept)).second) return;
  used_ += bytes;
  state_ = state;
  made_ = is_first ? made : std::min(made_, made);
}

void AnswerCache::expire(Monotonic now) {
  if (!answers_.empty() && now - made_ >= kAge) clear();
}

void AnswerCache::clear() {
  answers_.clear();
  used_ = 0;
}

}  // namespace maildrop::api
