/// http.cc: asks a service of the operator's own, in whatever language that is, and goes by what it says.
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "filter/asks_service.h"
#include "filter/filter.h"
#include "filter/http_hook.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kHttpTells[] = {"http"};
constexpr std::uint8_t kAnyPhase = (bit(Phase::message) << 1) - 1;

struct Http {
  using Where = service::HttpUrl;
  bool with_message;

  static const Facts::Told* known(Facts& facts) { return facts.all_told(); }
  Result<service::Request> question(const Where& url, Phase phase, const mail::Transaction& transaction,
                                    const Facts::Told& told) const {
    return hook_question(url, phase, transaction, told, with_message);
  }
  static Finding finding(const service::Answer& answer, Facts& facts) {
    Result<HookAnswer> said = parse_hook_answer(std::get<service::HttpAnswer>(answer));
    if (!said) return Finding::fault(said.error().what);
    if (said->tell) facts.tell("http", std::move(*said->tell));
    return std::move(said->finding);
  }
};

std::uint8_t phases_of(const HttpFilter& settings) {
  std::uint8_t phases = 0;
  for (std::size_t i = 0; i < std::size(kPhaseNames); ++i)
    for (const std::string& phase : settings.phases)
      if (phase == kPhaseNames[i]) phases |= bit(static_cast<Phase>(i));
  return phases;
}

}  // namespace

extern const FilterKind kHttp{"http",
                              "What a service of your own says: asked over HTTP, in JSON.",
                              kAnyPhase,
                              kHttpTells,
                              Evidence::own,
                              [](const FilterSettings& settings) -> const FilterUse& { return settings.http; },
                              [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                const HttpFilter& settings = config.filter.http;
                                return std::make_unique<AsksService<Http>>(
                                    TRY(where_of<service::HttpUrl>("url", settings.url)), phases_of(settings),
                                    Http{settings.body});
                              }};

}  // namespace maildrop::filter
