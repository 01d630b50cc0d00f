/// case.cc: has filters judge, each as often as it needs, and remembers what they found.
#include "filter/case.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "core/text.h"
#include "dns/recorded.h"
#include "mail/message.h"

namespace maildrop::filter {

namespace {

constexpr std::size_t kMostFacts = 10;       // of an entry, in the trace
constexpr std::size_t kLongestFact = 120;    // bytes
constexpr std::size_t kLongestReason = 300;  // bytes

/// A script may have put anything together.
std::string one_line(std::string_view reason) {
  std::string line(trim(utf8_prefix(trim(reason), kLongestReason)));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return line;
}

std::string text_of(const dns::Question& question, const dns::Answer& answer) {
  std::string text = dns::to_line(question, answer);
  return text.size() > kLongestFact ? std::string(utf8_prefix(text, kLongestFact)) + "..." : text;
}

}  // namespace

Case::Case(std::shared_ptr<const Chain> chain, const Clock& clock)
    : chain_(std::move(chain)), clock_(clock), findings_(chain_->rules()) {}

void Case::begin(Phase phase, const mail::Transaction& transaction) {
  findings_.settle_recipient();
  if (phase <= Phase::mail && findings_.phase() >= Phase::mail) conclude(false);
  concluded_ = false;
  findings_.begin(phase);
  std::erase_if(told_, [&](const auto& told) { return told.second.phase >= phase; });
  std::erase_if(wishes_, [&](const Wish& wish) { return wish.phase >= phase; });
  knowledge_.forget();
  transaction_ = &transaction;
  now_ = clock_.now();
  text_.reset();
  seats_.clear();
  if (findings_.is_allowed()) return;
  for (std::size_t i = 0; i < chain_->links().size(); ++i)
    if ((chain_->links()[i].phases & bit(phase)) != 0) seats_.push_back({i});
}

const std::string& Case::message_text() {
  constexpr Millis kHtmlTime{20};  // it holds up a loop; what takes longer is shown as its source
  if (!text_) text_ = mail::text_of(transaction_->data, Facts::kMostText, kHtmlTime);
  return *text_;
}

bool Case::advance() {
  bool again = true;
  while (std::exchange(again, false)) {
    for (Seat& seat : seats_) {
      if (seat.ended || !can_judge(seat)) continue;
      judge(seat);
      again |= seat.ended;  // others may wait for what it tells
    }
  }
  const bool ended = std::all_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.ended; });
  // A session that idles must not hold what its next question may need.
  if (ended) knowledge_.forget_calls();
  return ended;
}

const std::string* Case::told(std::string_view fact) const {
  const auto found = told_.find(fact);
  return found == told_.end() ? nullptr : &found->second.value;
}

bool Case::has_ended(std::size_t filter) const {
  return std::none_of(seats_.begin(), seats_.end(),
                      [&](const Seat& seat) { return seat.filter == filter && !seat.ended; });
}

bool Case::can_judge(const Seat& seat) const {
  if (seat.late) return true;
  const auto all = [](const auto& awaited, auto known) { return std::all_of(awaited.begin(), awaited.end(), known); };
  return all(seat.lookups, [](const Knowledge::Lookup* lookup) { return lookup->second.has_value(); }) &&
         all(seat.errands, [](const Knowledge::Errand* errand) { return errand->answer.has_value(); }) &&
         all(seat.calls, [](const Knowledge::Call* call) { return call->answer.has_value(); }) &&
         all(seat.tellers, [&](std::size_t filter) { return has_ended(filter); });
}

void Case::judge(Seat& seat) {
  Facts facts(*this, seat.filter, seat.late, seat.kept);
  const Monotonic start = clock_.monotonic();
  Finding finding = ask(seat, facts);
  seat.micros += static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.monotonic() - start).count());
  ++seat.tries;
  if (facts.waits() && seat.tries > kMostWaits && facts.too_much_.empty())
    facts.too_much_ = "has waited " + std::to_string(kMostWaits) +
                      " times in a phase: ask for all at once (facts.ask) before the first answer";
  const bool too_much = !facts.too_much_.empty();
  if (too_much) finding = Finding::fault(facts.too_much_);
  if (facts.waits() && !too_much) {  // whatever it says now
    seat.lookups = std::move(facts.lookups_);
    seat.errands = std::move(facts.errands_);
    seat.calls = std::move(facts.calls_);
    seat.tellers = std::move(facts.tellers_);
    return;
  }
  end(seat, std::move(finding), facts);
}

/// What a filter throws costs its own opinion.
Finding Case::ask(const Seat& seat, Facts& facts) const try {
  return chain_->links()[seat.filter].filter->judge(findings_.phase(), *transaction_, facts);
} catch (const std::exception& thrown) {
  return Finding::fault(std::string("it threw: ") + thrown.what());
} catch (...) {
  return Finding::fault("it threw");
}

void Case::end(Seat& seat, Finding finding, Facts& facts) {
  seat.ended = true;
  seat.kept.reset();
  for (auto& [fact, value] : facts.told_)
    if (chain_->teller_of(fact) == seat.filter)
      told_.insert_or_assign(std::string(fact), Told{std::move(value), findings_.phase()});
  for (auto& [outcome, operation] : facts.wishes_)
    wishes_.push_back({findings_.phase(), seat.filter, outcome, std::move(operation)});
  finding.reason = one_line(finding.reason);
  std::vector<std::string> went_by;
  for (std::size_t i = 0; !is_silent(finding) && i < facts.used_.size() && i < kMostFacts; ++i)
    went_by.push_back(text_of(*facts.used_[i].first, *facts.used_[i].second));
  findings_.add(seat.filter, std::move(finding), seat.micros, std::move(went_by));
}

Verdict Case::decide() {
  const Verdict verdict = findings_.decide();
  if (findings_.phase() == Phase::message) conclude(!findings_.is_gone());
  return verdict;
}

std::optional<Millis> Case::patience() const {
  std::optional<Millis> least;
  for (const Seat& seat : seats_) {
    if (seat.ended) continue;
    const Millis timeout = chain_->timeout_of(chain_->links()[seat.filter]);
    if (!least || timeout < *least) least = timeout;
  }
  return least;
}

void Case::expire(Millis elapsed) {
  for (Seat& seat : seats_)
    if (!seat.ended && chain_->timeout_of(chain_->links()[seat.filter]) <= elapsed) seat.late = true;
}

bool Case::can_hurry(const Seat& seat) {
  return !seat.ended && !seat.late && seat.calls.empty() && !(seat.lookups.empty() && seat.errands.empty());
}

bool Case::can_hurry() const {
  return std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return can_hurry(seat); });
}

void Case::hurry() {
  for (Seat& seat : seats_) seat.late |= can_hurry(seat);
}

}  // namespace maildrop::filter
