/// news.cc: marks, four bytes each.
#include "store/news.h"

#include <algorithm>

namespace maildrop::store {

namespace {

constexpr std::size_t kSize = sizeof(NewsMark);

NewsMark mark_at(std::string_view marks, std::size_t at) {
  NewsMark mark = 0;
  for (std::size_t i = kSize; i > 0; --i) mark = mark << 8 | static_cast<unsigned char>(marks[at + i - 1]);
  return mark;
}

}  // namespace

NewsMark news_mark(std::string_view inbox) {
  NewsMark hash = 2166136261;
  for (const char c : inbox) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return hash;
}

void News::add(NewsMark mark) {
  if (of_all_) return;
  if (marks_.size() == kMost) return add_all();
  marks_.push_back(mark);
}

void News::add_all() {
  of_all_ = true;
  marks_.clear();
}

Changes::Changes(std::uint64_t count, std::string_view marks) : count_(count) {
  if (marks.size() % kSize == 0 && marks.size() <= kKept * kSize) marks_ = marks;
}

void Changes::add(std::string_view inbox) {
  ++count_;
  if (marks_.size() == kKept * kSize) marks_.erase(0, kSize);
  for (NewsMark mark = news_mark(inbox), i = 0; i < kSize; ++i, mark >>= 8) marks_.push_back(static_cast<char>(mark));
}

News Changes::since(std::uint64_t count) const {
  News news;
  const std::uint64_t fresh = count_ - count;
  if (count > count_ || fresh > marks_.size() / kSize) {
    news.add_all();
    return news;
  }
  for (std::size_t at = marks_.size() - fresh * kSize; at < marks_.size(); at += kSize) news.add(mark_at(marks_, at));
  return news;
}

}  // namespace maildrop::store
