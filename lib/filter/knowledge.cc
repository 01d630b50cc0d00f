/// knowledge.cc: what is known, and what is not yet.
#include "filter/knowledge.h"

#include <algorithm>

namespace maildrop::filter {

namespace {

/// Bytes of memory, about.
std::uint64_t memory_of(const dns::Question& question, const dns::Answer& answer) {
  std::uint64_t bytes = sizeof(Knowledge::Lookup) + 64 + question.name.size();
  for (const dns::Record& record : answer.records) bytes += sizeof record + record.text.size();
  return bytes;
}

}  // namespace

const Knowledge::Lookup& Knowledge::find(const dns::Question& question) {
  static const Lookup kRefused{dns::Question{}, dns::Answer{.status = dns::Status::refused}};
  if (const auto known = dns_.find(question); known != dns_.end()) return *known;
  if (dns_.size() >= kMostAnswers) return kRefused;
  questions_.push_back(question);
  return *dns_.emplace(question, std::nullopt).first;
}

const Knowledge::Errand& Knowledge::find(const store::Operation& operation) {
  const auto known = std::find_if(errands_.begin(), errands_.end(),
                                  [&](const Errand& errand) { return errand.operation == operation; });
  return known != errands_.end() ? *known : errands_.emplace_back(Errand{next_++, operation});
}

std::vector<dns::Question> Knowledge::take_questions() { return std::exchange(questions_, {}); }

std::vector<const Knowledge::Errand*> Knowledge::take_errands() {
  std::vector<const Errand*> fresh;
  for (; taken_ < errands_.size(); ++taken_) fresh.push_back(&errands_[taken_]);
  return fresh;
}

bool Knowledge::hold(std::uint64_t bytes) {
  const std::uint64_t before = of_source_.held();
  if (!of_source_.resize(bytes)) return false;
  if (memory_.resize(bytes)) return true;
  of_source_.resize(before);
  return false;
}

void Knowledge::know(const dns::Question& question, dns::Answer answer) {
  const auto asked = dns_.find(question);
  if (asked == dns_.end()) return;
  const std::uint64_t bytes = memory_.held() + memory_of(question, answer);
  const bool fits = bytes <= kMostBytes && hold(bytes);
  asked->second = fits ? std::move(answer) : dns::Answer{.status = dns::Status::refused};
}

void Knowledge::know(std::size_t number, Result<store::Answer> answer) {
  const std::size_t first = next_ - errands_.size();
  if (number >= first && number < next_) errands_[number - first].answer = std::move(answer);
}

void Knowledge::forget() {
  errands_.clear();
  taken_ = 0;
  std::erase_if(dns_, [](const Lookup& known) { return known.second && !dns::is_known(known.second->status); });
  std::uint64_t left = 0;
  for (const auto& [question, answer] : dns_)
    if (answer) left += memory_of(question, *answer);
  hold(left);
  if (dns_.size() < kMostAnswers / 2 && memory_.held() < kMostBytes / 2) return;
  dns_.clear();
  hold(0);
  questions_.clear();
}

}  // namespace maildrop::filter
