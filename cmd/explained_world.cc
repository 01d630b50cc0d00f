/// explained_world.cc: asks as a daemon would, and changes nothing.
#include "explained_world.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dns/ask_all.h"
#include "dns/recorded.h"
#include "service/ask_services.h"
#include "store/backends.h"

namespace maildrop::cmd {

Result<std::unique_ptr<ExplainedWorld>> ExplainedWorld::open(const Instead& instead, const LoadedConfig& loaded,
                                                             const Globals& globals, const Clock& clock) {
  std::unique_ptr<ExplainedWorld> world(new ExplainedWorld(clock));
  if (instead.facts) {
    TRY(world->read_facts(*instead.facts));
    return world;
  }
  world->ask_dns(loaded.config);
  if (instead.at) return world;
  world->ask_services();
  world->open_ledger(loaded, globals);
  return world;
}

Result<void> ExplainedWorld::read_facts(const std::string& text) {
  auto recorded = TRY(dns::Recorded::parse(text));
  table_.ask_others([recorded = std::move(recorded)](const std::vector<dns::Question>& questions) {
    std::vector<dns::Answer> answers;
    for (const dns::Question& question : questions) answers.push_back(recorded.answer(question));
    return Result<std::vector<dns::Answer>>(std::move(answers));
  });
  return {};
}

/// An answer that no filter would wait for is none here either.
void ExplainedWorld::ask_dns(const Config& config) {
  DnsSettings settings = config.dns;
  settings.timeout = std::min(settings.timeout, config.filter.timeout);
  table_.ask_others(
      [settings](const std::vector<dns::Question>& questions) { return dns::ask_all(settings, questions); });
}

void ExplainedWorld::ask_services() {
  table_.call_others([](const std::vector<const filter::Knowledge::Call*>& calls, const std::string& message) {
    std::vector<service::Question> questions;
    for (const filter::Knowledge::Call* call : calls) questions.push_back({call->request, call->timeout});
    return service::ask_services(questions, message);
  });
}

/// That of the store, if there is one: to explain makes none. It is asked something at once, so that nobody takes one
/// that fails for one in which nothing is.
void ExplainedWorld::open_ledger(const LoadedConfig& loaded, const Globals& globals) {
  const auto sources = ConfigSources::from_process(globals.config_file, globals.sets);
  const std::string url = resolve_store_url(loaded.config.store.url, sources.environment);
  if (url.starts_with("memory:")) return;
  auto ledger = store::open_ledger(store::open_options(loaded.config, url, clock_));
  const Result<store::Answer> answer = ledger ? (*ledger)->run(store::Operation::get("explain", ""))
                                              : Result<store::Answer>(tl::unexpected(ledger.error()));
  if (!answer) {
    const Error& error = answer.error();
    if (error.code != Code::not_found) ledger_name_ += ", since there is no other: " + error.what;
    return;
  }
  ledger_ = std::move(*ledger);
  view_.emplace(*ledger_, clock_);
  table_.keep_by([this](const store::Operation& operation) { return view_->run(operation); });
  ledger_name_ = "that of " + url;
}

}  // namespace maildrop::cmd
