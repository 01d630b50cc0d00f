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

const Knowledge::Call& Knowledge::find(std::shared_ptr<const service::Request> request, Millis timeout) {
  const auto known = std::find_if(calls_.begin(), calls_.end(), [&](const Call& call) {
    return call.request == request || *call.request == *request;
  });
  if (known != calls_.end()) return *known;
  const bool fits = hold_call(sizeof(Call) + service::memory_of(*request));
  Call& call = calls_.emplace_back(Call{next_call_++, std::move(request), timeout});
  if (!fits) call.answer = fail(Code::over_limit, "there is no memory for the question");
  return call;
}

std::vector<dns::Question> Knowledge::take_questions() { return std::exchange(questions_, {}); }

std::vector<const Knowledge::Errand*> Knowledge::take_errands() {
  std::vector<const Errand*> fresh;
  for (; taken_ < errands_.size(); ++taken_) fresh.push_back(&errands_[taken_]);
  return fresh;
}

std::vector<const Knowledge::Call*> Knowledge::take_calls() {
  std::vector<const Call*> fresh;
  for (; taken_calls_ < calls_.size(); ++taken_calls_)
    if (!calls_[taken_calls_].answer) fresh.push_back(&calls_[taken_calls_]);
  return fresh;
}

bool Knowledge::hold_call(std::uint64_t bytes) {
  return call_bytes_ + bytes <= kMostCallBytes && hold(dns_bytes_, call_bytes_ + bytes);
}

bool Knowledge::hold(std::uint64_t dns, std::uint64_t calls) {
  const std::uint64_t before = of_source_.held();
  if (!of_source_.resize(dns + calls)) return false;
  if (!memory_.resize(dns + calls)) {
    of_source_.resize(before);
    return false;
  }
  dns_bytes_ = dns;
  call_bytes_ = calls;
  return true;
}

void Knowledge::know(const dns::Question& question, dns::Answer answer) {
  const auto asked = dns_.find(question);
  if (asked == dns_.end()) return;
  const std::uint64_t bytes = dns_bytes_ + memory_of(question, answer);
  const bool fits = bytes <= kMostBytes && hold(bytes, call_bytes_);
  asked->second = fits ? std::move(answer) : dns::Answer{.status = dns::Status::refused};
}

void Knowledge::know(std::size_t number, Result<store::Answer> answer) {
  const std::size_t first = next_ - errands_.size();
  if (number >= first && number < next_) errands_[number - first].answer = std::move(answer);
}

void Knowledge::know_call(std::size_t number, Result<service::Answer> answer) {
  const std::size_t first = next_call_ - calls_.size();
  if (number < first || number >= next_call_) return;
  if (answer && !hold_call(service::memory_of(*answer)))
    answer = fail(Code::over_limit, "there is no memory for the answer");
  calls_[number - first].answer = std::move(answer);
}

void Knowledge::forget_calls() {
  calls_.clear();
  taken_calls_ = 0;
  hold(dns_bytes_, 0);
}

void Knowledge::forget() {
  errands_.clear();
  taken_ = 0;
  forget_calls();
  std::erase_if(dns_, [](const Lookup& known) { return known.second && !dns::is_known(known.second->status); });
  std::uint64_t left = 0;
  for (const auto& [question, answer] : dns_)
    if (answer) left += memory_of(question, *answer);
  hold(left, call_bytes_);
  if (dns_.size() < kMostAnswers / 2 && dns_bytes_ < kMostBytes / 2) return;
  dns_.clear();
  hold(0, call_bytes_);
  questions_.clear();
}

}  // namespace maildrop::filter
