/// kit.h: filters that do what a test says, and a world that answers from a table.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/case.h"
#include "store/memory_ledger.h"

namespace maildrop::filter::test {

/// A filter from a function.
class Scripted final : public Filter {
 public:
  using Judging = std::function<Finding(Phase, const mail::Transaction&, Facts&)>;
  explicit Scripted(Judging judging) : judging_(std::move(judging)) {}
  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const override {
    return judging_(phase, transaction, facts);
  }

 private:
  Judging judging_;
};

inline FilterUse enforced() { return {.mode = FilterUse::Mode::enforce}; }
inline FilterUse scored(double weight = 1) { return {.mode = FilterUse::Mode::score, .weight = weight}; }

inline Chain::Link link(std::string_view name, std::uint8_t phases, FilterUse use, Scripted::Judging judging,
                        std::span<const std::string_view> tells = {}) {
  return {name, phases, use, std::make_unique<Scripted>(std::move(judging)), tells};
}

/// Finds the same at each phase it is asked at.
inline Chain::Link finds(std::string_view name, std::uint8_t phases, FilterUse use, Finding finding) {
  return link(name, phases, use, [finding](Phase, const mail::Transaction&, Facts&) { return finding; });
}

template <class... Links>
std::shared_ptr<const Chain> chain_of(const FilterSettings& settings, Links... links) {
  std::vector<Chain::Link> all;
  (all.push_back(std::move(links)), ...);
  return std::make_shared<const Chain>(settings, std::move(all));
}

inline dns::Answer found(std::vector<dns::Record> records) {
  return {.status = dns::Status::found, .records = std::move(records)};
}
inline dns::Answer address(std::string_view text) { return found({{.address = *IpAddress::parse(text)}}); }
inline dns::Answer text(std::string_view text) { return found({{.text = std::string(text)}}); }
inline dns::Answer no_answer(dns::Status status) { return {.status = status}; }

/// Answers a case until all filters have come to their end; what is not in the table is no_name, and the ledger begins
/// empty. What is silent is not answered: time goes by, until each filter goes on without.
class World {
 public:
  explicit World(const Clock& clock) : ledger_(store::make_memory_ledger(clock, 1000)) {}

  void put(std::string_view name, dns::Type type, dns::Answer answer) {
    answers_.insert_or_assign(*dns::Question::make(name, type), std::move(answer));
  }
  void silence(std::string_view name, dns::Type type) { silent_.insert(*dns::Question::make(name, type)); }

  enum class LedgerIs { there, silent, unavailable };
  void ledger_is(LedgerIs state) { ledger_state_ = state; }
  store::Ledger& ledger() { return *ledger_; }

  void run(Case& session, Phase phase, const mail::Transaction& transaction) {
    session.begin(phase, transaction);
    while (!session.advance()) {
      ++rounds;
      const bool known = answer(session);
      const std::optional<Millis> patience = session.patience();
      REQUIRE(patience);
      if (!known) session.expire(*patience);
    }
  }

  Verdict judge(Case& session, Phase phase, const mail::Transaction& transaction) {
    run(session, phase, transaction);
    return session.decide();
  }

  std::vector<std::string> asked;  // `A example.com`
  unsigned errands = 0;
  unsigned rounds = 0;  // of questions

 private:
  bool answer(Case& session) {
    bool any = false;
    for (const dns::Question& question : session.take_questions()) {
      asked.push_back(std::string(dns::name_of(question.type)) + " " + question.name);
      if (silent_.contains(question)) continue;
      const auto known = answers_.find(question);
      session.know(question, known == answers_.end() ? no_answer(dns::Status::no_name) : known->second);
      any = true;
    }
    for (const Knowledge::Errand* errand : session.take_errands()) {
      ++errands;
      if (ledger_state_ == LedgerIs::silent) continue;
      Result<store::Answer> said = fail(Code::unavailable, "told to");
      if (ledger_state_ == LedgerIs::there) said = ledger_->run(errand->operation);
      session.know(errand->number, std::move(said));
      any = true;
    }
    return any;
  }

  std::map<dns::Question, dns::Answer> answers_;
  std::set<dns::Question> silent_;
  std::unique_ptr<store::Ledger> ledger_;
  LedgerIs ledger_state_ = LedgerIs::there;
};

/// `mail` with whom it is from and to.
inline mail::Transaction transaction_of(std::string_view peer, std::string_view from = "a@example.com",
                                        const std::vector<std::string>& to = {"bob@localhost"}) {
  mail::Transaction transaction;
  transaction.peer.address = *IpAddress::parse(peer);
  transaction.helo = "mail.example.com";
  transaction.esmtp = true;
  if (!from.empty()) transaction.from = *mail::parse_address(from);
  for (const std::string& each : to) {
    const mail::Address address = *mail::parse_address(each);
    transaction.recipients.push_back({address, *mail::Inbox::of(address, InboxSettings{}, "localhost")});
  }
  return transaction;
}

}  // namespace maildrop::filter::test
