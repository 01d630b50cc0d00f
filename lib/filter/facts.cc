/// facts.cc: a filter asks, and what it waits for is noted.
#include "filter/facts.h"

#include <algorithm>
#include <string>

#include "filter/case.h"

namespace maildrop::filter {

bool Facts::may_ask(bool before, std::size_t until_now, std::size_t most, std::string_view what) {
  if (before || until_now < most) return true;
  too_much_ = "asks for too much: more than " + std::to_string(most) + " " + std::string(what) + " in a phase";
  return false;
}

const dns::Answer* Facts::dns(std::string_view name, dns::Type type) {
  static const dns::Answer kNoName{.status = dns::Status::no_name};
  const Result<dns::Question> question = dns::Question::make(name, type);
  return question ? dns(*question) : &kNoName;
}

const dns::Answer* Facts::dns(const dns::Question& question) {
  static const dns::Answer kTimedOut{.status = dns::Status::timed_out};
  if (!may_ask(asked_.contains(question), asked_.size(), kMostQuestions, "questions to the DNS")) return &kTimedOut;
  const auto [asked, is_new] = asked_.insert(question);
  const Knowledge::Lookup& lookup = case_.knowledge_.find(question);
  if (is_new && lookup.second) used_.emplace_back(&*asked, &*lookup.second);
  if (lookup.second) return &*lookup.second;
  if (late_) return &kTimedOut;
  lookups_.push_back(&lookup);
  return nullptr;
}

const Result<store::Answer>* Facts::ledger(const store::Operation& operation) {
  static const Result<store::Answer> kTimedOut = fail(Code::timed_out, "no answer of the ledger in time");
  const bool before =
      std::any_of(ordered_.begin(), ordered_.end(), [&](const auto* each) { return each->operation == operation; });
  if (!may_ask(before, ordered_.size(), kMostOperations, "operations of the ledger")) return &kTimedOut;
  const Knowledge::Errand& errand = case_.knowledge_.find(operation);
  if (!before) ordered_.push_back(&errand);
  if (errand.answer) return &*errand.answer;
  if (late_) return &kTimedOut;
  errands_.push_back(&errand);
  return nullptr;
}

const Result<service::Answer>* Facts::call(std::shared_ptr<const service::Request> request) {
  static const Result<service::Answer> kTimedOut = fail(Code::timed_out, "no answer in time");
  if (!may_ask(false, asked_calls_++, kMostCalls, "calls of services")) return &kTimedOut;
  const Millis timeout = case_.chain_->timeout_of(case_.chain_->links()[filter_]);
  const Knowledge::Call& call = case_.knowledge_.find(std::move(request), timeout);
  if (call.answer) return &*call.answer;
  if (late_) return &kTimedOut;
  calls_.push_back(&call);
  return nullptr;
}

const Facts::Told* Facts::all_told() {
  for (std::size_t i = 0; i < filter_ && !late_; ++i)
    if (!case_.chain_->links()[i].tells.empty() && !case_.has_ended(i)) tellers_.push_back(i);
  if (!tellers_.empty()) return nullptr;
  all_told_.clear();
  for (const auto& [fact, told] : case_.told_)
    if (const auto teller = case_.chain_->teller_of(fact); teller && *teller <= filter_)
      all_told_.emplace_back(fact, told.value);
  return &all_told_;
}

const std::string* Facts::told(std::string_view fact) {
  static const std::string kNothing;
  const std::optional<std::size_t> teller = case_.chain_->teller_of(fact);
  if (!teller || *teller > filter_) return &kNothing;
  if (!late_ && *teller != filter_ && !case_.has_ended(*teller)) {
    tellers_.push_back(*teller);
    return nullptr;
  }
  const auto told = case_.told_.find(fact);
  return told != case_.told_.end() ? &told->second.value : &kNothing;
}

bool Facts::was_told(std::string_view fact) const {
  const std::optional<std::size_t> teller = case_.chain_->teller_of(fact);
  return teller && *teller <= filter_ && case_.told_.contains(fact);
}

void Facts::tell(std::string_view fact, std::string value) {
  if (value.size() > kMostTold) value.resize(kMostTold);
  told_.emplace_back(fact, std::move(value));
}

void Facts::at_end(Outcome outcome, store::Operation operation) {
  if (may_ask(false, wishes_.size(), kMostOperations, "operations at the end"))
    wishes_.emplace_back(outcome, std::move(operation));
}

const std::string& Facts::text() const { return case_.message_text(); }

Time Facts::now() const { return case_.now_; }

}  // namespace maildrop::filter
