/// answer_ages.cc: a table by question, and its order by age.
#include "dns/answer_ages.h"

#include <exception>
#include <functional>
#include <iterator>
#include <span>

#include "core/random.h"

namespace maildrop::dns {

namespace {

// The cache counts whole seconds, of a wall clock.
constexpr std::chrono::seconds kInexact{2};
constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 by the golden ratio: types lie next to each other

std::uint64_t random_factor() {
  std::uint64_t value = 0;
  random_bytes(std::span(reinterpret_cast<char*>(&value), sizeof value));
  return value | 1;  // odd: no two keys fall together by it
}

}  // namespace

AnswerAges::Key AnswerAges::key_of(const Question& question) {
  return std::hash<std::string>()(question.name) ^ (static_cast<std::uint64_t>(question.type) * kSpread);
}

AnswerAges::AnswerAges(std::size_t most) : most_(most), said_(0, Spread{random_factor()}) {}

void AnswerAges::said(Key key, std::chrono::seconds ttl, Moment now) noexcept {
  if (const auto found = said_.find(key); found != said_.end()) forget(found);
  if (said_.size() >= most_) forget(said_.find(order_.front()));
  try {
    order_.push_back(key);
  } catch (const std::exception&) {
    return;
  }
  try {
    said_.emplace(key, Said{now, now + ttl, std::prev(order_.end())});
  } catch (const std::exception&) {
    order_.pop_back();
  }
}

std::optional<std::chrono::seconds> AnswerAges::age(Key key, std::chrono::seconds ttl, Moment now) noexcept {
  const auto found = said_.find(key);
  if (found == said_.end()) return std::nullopt;
  const Said& said = found->second;
  if (now + ttl <= said.until + kInexact || ttl.count() == 0)
    return std::chrono::duration_cast<std::chrono::seconds>(now - said.at);
  forget(found);
  return std::nullopt;
}

void AnswerAges::forget(Table::iterator which) noexcept {
  order_.erase(which->second.place);
  said_.erase(which);
}

}  // namespace maildrop::dns
