/// table_world.h: the world as somebody wrote it down: what the DNS and the ledger answer to a case.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "dns/answer.h"
#include "filter/case.h"
#include "filter/world.h"
#include "store/ledger.h"

namespace maildrop::filter {

/// What is not in the table is asked of others, and no_name, or nobody there, without; the ledger begins empty. What is
/// silent is not answered. Fails as the others do who are asked: what they were asked is `failed` then.
class TableWorld final : public World {
 public:
  explicit TableWorld(const Clock& clock);

  /// REQUIRES: a name that can be one.
  void put(std::string_view name, dns::Type type, dns::Answer answer);
  void silence(std::string_view name, dns::Type type);
  /// What a service answers, by service::name_of(); nothing: it is silent.
  void serve(const std::string& name, std::optional<service::Answer> answer);
  /// In the order of the questions.
  using Ask = std::function<Result<std::vector<dns::Answer>>(const std::vector<dns::Question>&)>;
  void ask_others(Ask others) { others_ = std::move(others); }
  /// The same for services, about the message.
  using Call = std::function<std::vector<Result<service::Answer>>(const std::vector<const Knowledge::Call*>& calls,
                                                                  const std::string& message)>;
  void call_others(Call call) { call_ = std::move(call); }
  /// Who answers for the ledger, in place of ledger().
  using Keep = std::function<Result<store::Answer>(const store::Operation&)>;
  void keep_by(Keep keep) { keep_ = std::move(keep); }

  enum class LedgerIs { there, silent, unavailable };
  void ledger_is(LedgerIs state) { ledger_state_ = state; }
  store::Ledger& ledger() { return *ledger_; }

  std::vector<std::string> asked;   // `A example.com`
  std::vector<std::string> called;  // the bodies, of what is asked over HTTP
  unsigned errands = 0;
  unsigned calls = 0;   // to services, over HTTP or not
  unsigned rounds = 0;  // of questions

 private:
  Result<bool> answer(Case& session, const mail::Transaction& transaction) override;
  bool answer_questions(Case& session, Result<void>& failed);
  bool answer_errands(Case& session);
  bool answer_calls(Case& session, const std::string& message);

  std::map<dns::Question, dns::Answer> answers_;
  std::set<dns::Question> silent_;
  std::map<std::string, std::optional<service::Answer>> services_;
  Ask others_{};
  Call call_{};
  Keep keep_{};
  std::unique_ptr<store::Ledger> ledger_;
  LedgerIs ledger_state_ = LedgerIs::there;
};

}  // namespace maildrop::filter
