/// asks_service.h: a filter that asks one service about mail, if one is set, and goes by what it says.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/net.h"
#include "core/result.h"
#include "filter/filter.h"
#include "service/http_request.h"
#include "service/request.h"

namespace maildrop::filter {

inline const Endpoint& endpoint_of(const Endpoint& where) { return where; }
inline const Endpoint& endpoint_of(const service::HttpUrl& where) { return where.endpoint; }

/// Where the setting says that the service is; nothing: it is empty, and nobody is asked.
template <class Where>
Result<std::optional<Where>> where_of(std::string_view setting, const std::string& value) {
  if (value.empty()) return std::optional<Where>();
  return std::optional<Where>(TRY(in_setting(setting, Where::parse(value))));
}

/// `Of` is what is a filter's own:
///   Where              the type of where its service is
///   known(facts)       a fact that it asks with; nullptr: it is not known yet
///   question(where, phase, transaction, known)
///                      a Result<service::Request>, made once in a phase; where it is an error, it cannot tell
///   finding(answer, facts)
///                      what a service::Answer comes to, and is told of it
template <class Of>
class AsksService final : public Filter {
 public:
  using Where = typename Of::Where;
  /// Nobody is asked where there is no service.
  AsksService(std::optional<Where> where, std::uint8_t phases, Of of = {})
      : where_(std::move(where)), phases_(where_ ? phases : std::uint8_t{0}), of_(std::move(of)) {}

  std::uint8_t phases() const override { return phases_; }
  std::optional<Endpoint> service() const override {
    return where_ ? std::optional<Endpoint>(endpoint_of(*where_)) : std::nullopt;
  }

  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const override {
    const auto* const known = of_.known(facts);
    if (!known) return {};
    using Question = Result<std::shared_ptr<const service::Request>>;
    const Question& question = facts.once<Question>([&]() -> Question {
      return std::make_shared<const service::Request>(TRY(of_.question(*where_, phase, transaction, *known)));
    });
    if (!question) return Finding::fail(question.error().what);
    const Result<service::Answer>* const answer = facts.call(*question);
    if (!answer) return {};
    return *answer ? of_.finding(**answer, facts) : Finding::unanswered(answer->error());
  }

 private:
  std::optional<Where> where_;
  std::uint8_t phases_;
  Of of_;
};

}  // namespace maildrop::filter
