/// admin.h: the routes of operators, and what they work with beside a Context. The public listener has none of them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "api/answer.h"
#include "core/budget.h"
#include "core/config.h"
#include "filter/chain.h"
#include "service/admission.h"
#include "service/flood.h"
#include "store/committer.h"
#include "store/ledger.h"
#include "store/survey.h"

namespace maildrop::api {

class LiveLines;
class PurgeDesk;
class SurveyDesk;

/// Of the process. Everything outlives the server, and is thread-safe; nullptr, or empty: the process has no such
/// thing.
struct Admin {
  std::string version;
  Time started{};
  /// In force, with the origins of all values.
  std::function<std::shared_ptr<const LoadedConfig>()> settings;
  bool needs_token = false;  // whoever is on this machine may connect
  SurveyDesk* survey = nullptr;
  PurgeDesk* purge = nullptr;
  const LiveLines* decisions = nullptr;
  store::Ledger* ledger = nullptr;
  const Budget* memory = nullptr;               // limits.memory
  const store::Committer* committer = nullptr;  // the same of what follows: of a process that takes mail
  const service::Admission* admission = nullptr;
  service::Flood* flood = nullptr;
  std::function<std::shared_ptr<const filter::Chain>()> chain;
};

/// The settings by which the operators' listener serves: those of [admin] in the place of those that [api] has for
/// strangers. No proxies, no rates, no shares of a source, and as Host what a public listener on loopback takes.
Config for_operators(const Config& config);

/// Bytes of answers to them at once: of two of the largest.
std::uint64_t memory_for_operators(const Config& config);

/// Why this request is not from an operator: 401 without the token, 403 from a page elsewhere, 421 by a name that is
/// none of loopback's.
std::optional<Fault> refuse_operator(const Request& request, const Context& context);

std::span<const Route> admin_routes();
std::span<const Route> admin_inbox_routes();
std::span<const Route> admin_purge_routes();
std::span<const Route> admin_source_routes();
std::span<const Route> admin_state_routes();
std::span<const Route> admin_decision_routes();

/// How much a list tells, where `limit` does not say.
inline constexpr std::size_t kAdminList = 100;
/// 1 to `most`; kAdminList when it is not given. 400 for all else.
tl::expected<std::size_t, Fault> admin_limit(const Request& request, std::size_t most);
/// Of the store as it was some seconds ago at most. 503 while the walk takes longer: the next who asks goes on with it.
tl::expected<std::shared_ptr<const store::Survey>, Fault> admin_survey(Context& context);
/// Of half of api.answer_timeout, after which the answer is that it takes longer.
Monotonic admin_patience(const Context& context);

}  // namespace maildrop::api
