/// live_lines.cc: a ring of lines.
#include "api/live_lines.h"

#include <algorithm>

namespace maildrop::api {

class LiveLines::PushFeed final : public store::Feed {
 public:
  explicit PushFeed(const LiveLines& lines) : lines_(lines), seen_(lines.next()) {}

  Result<bool> wait(std::chrono::milliseconds at_most) override {
    std::unique_lock lock(lines_.mutex_);
    news_ = store::News();
    if (!lines_.pushed_.wait_for(lock, at_most, [this] { return lines_.next_ != seen_; })) return false;
    seen_ = lines_.next_;
    news_.add_all();
    return true;
  }

 private:
  const LiveLines& lines_;
  std::uint64_t seen_;
};

void LiveLines::push(std::span<const std::string> lines) {
  const std::lock_guard lock(mutex_);
  for (const std::string& line : lines) {
    lines_.push_back(line);
    bytes_ += line.size();
    ++next_;
  }
  for (; bytes_ > kMostBytes; lines_.pop_front()) bytes_ -= lines_.front().size();
  pushed_.notify_all();
}

std::uint64_t LiveLines::next() const {
  const std::lock_guard lock(mutex_);
  return next_;
}

LiveLines::Piece LiveLines::since(std::uint64_t from) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t oldest = next_ - lines_.size();
  Piece piece;
  from = std::min(from, next_);
  piece.first = std::max(from, oldest);
  piece.missed = piece.first - from;
  piece.lines.assign(lines_.begin() + static_cast<std::ptrdiff_t>(piece.first - oldest), lines_.end());
  return piece;
}

std::unique_ptr<store::Feed> LiveLines::feed() const { return std::make_unique<PushFeed>(*this); }

}  // namespace maildrop::api
