/// table_world.cc: answers from tables, and time that goes by at once.
#include "filter/table_world.h"

#include <algorithm>
#include <utility>

#include "store/memory_ledger.h"

namespace maildrop::filter {

namespace {

constexpr std::size_t kMostRecords = 1000;

}  // namespace

TableWorld::TableWorld(const Clock& clock) : ledger_(store::make_memory_ledger(clock, kMostRecords)) {}

void TableWorld::put(std::string_view name, dns::Type type, dns::Answer answer) {
  answers_.insert_or_assign(*dns::Question::make(name, type), std::move(answer));
}

void TableWorld::silence(std::string_view name, dns::Type type) { silent_.insert(*dns::Question::make(name, type)); }

void TableWorld::serve(const std::string& name, std::optional<service::Answer> answer) {
  services_.emplace(name, std::move(answer));
}

Result<bool> TableWorld::answer(Case& session, const mail::Transaction& transaction) {
  ++rounds;
  Result<void> failed;
  const bool dns = answer_questions(session, failed), kept = answer_errands(session);
  const bool served = answer_calls(session, transaction.data);
  if (!failed) return tl::unexpected(failed.error());
  return dns || kept || served;
}

bool TableWorld::answer_questions(Case& session, Result<void>& failed) {
  bool any = false;
  std::vector<dns::Question> unknown;
  for (const dns::Question& question : session.take_questions()) {
    asked.push_back(std::string(dns::name_of(question.type)) + " " + question.name);
    if (silent_.contains(question)) continue;
    any = true;
    if (const auto known = answers_.find(question); known != answers_.end()) {
      session.know(question, known->second);
    } else if (others_) {
      unknown.push_back(question);
    } else {
      session.know(question, {.status = dns::Status::no_name});
    }
  }
  if (!unknown.empty()) {
    const Result<std::vector<dns::Answer>> answers = others_(unknown);
    if (!answers) failed = tl::unexpected(answers.error());
    for (std::size_t i = 0; i < unknown.size(); ++i)
      session.know(unknown[i], answers ? answers->at(i) : dns::Answer{.status = dns::Status::failed});
  }
  return any;
}

bool TableWorld::answer_errands(Case& session) {
  bool any = false;
  for (const Knowledge::Errand* errand : session.take_errands()) {
    ++errands;
    if (ledger_state_ == LedgerIs::silent) continue;
    Result<store::Answer> said = fail(Code::unavailable, "told to");
    if (ledger_state_ == LedgerIs::there) said = keep_ ? keep_(errand->operation) : ledger_->run(errand->operation);
    session.know(errand->number, std::move(said));
    any = true;
  }
  return any;
}

bool TableWorld::answer_calls(Case& session, const std::string& message) {
  bool any = false;
  std::vector<const Knowledge::Call*> unknown;
  for (const Knowledge::Call* call : session.take_calls()) {
    ++calls;
    if (const auto* http = std::get_if<service::HttpRequest>(&*call->request))
      called.push_back(http->body + http->rest);
    const auto served = services_.find(service::name_of(*call->request));
    if (served == services_.end() && call_) {
      unknown.push_back(call);
      continue;
    }
    if (served != services_.end() && !served->second) continue;
    Result<service::Answer> said = fail(Code::unavailable, "nobody is there");
    if (served != services_.end()) said = *served->second;
    session.know_call(call->number, std::move(said));
    any = true;
  }
  if (unknown.empty()) return any;
  std::vector<Result<service::Answer>> answers = call_(unknown, message);
  for (std::size_t i = 0; i < unknown.size(); ++i) session.know_call(unknown[i]->number, std::move(answers.at(i)));
  return true;
}

}  // namespace maildrop::filter
