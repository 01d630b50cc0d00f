/// rspamd.cc: what rspamd says of a message.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/text.h"
#include "filter/asks_service.h"
#include "filter/filter.h"
#include "filter/rspamd_check.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kRspamdTells[] = {"rspamd", "rspamd_score"};

struct Rspamd {
  using Where = service::HttpUrl;

  static const std::string* known(Facts& facts) { return facts.told("client_name"); }
  static Result<service::Request> question(const Where& url, Phase, const mail::Transaction& transaction,
                                           const std::string& client_name) {
    return rspamd_question(url, transaction, client_name);
  }
  static Finding finding(const service::Answer& answer, Facts& facts) {
    Result<RspamdAnswer> said = parse_rspamd_answer(std::get<service::HttpAnswer>(answer));
    if (!said) return Finding::fault(said.error().what);
    facts.tell("rspamd", std::move(said->action));
    facts.tell("rspamd_score", format_number(said->score));
    return std::move(said->finding);
  }
};

}  // namespace

extern const FilterKind kRspamd{"rspamd",
                                "What rspamd says of a message: asked over HTTP.",
                                bit(Phase::message),
                                kRspamdTells,
                                Evidence::own,
                                [](const FilterSettings& settings) -> const FilterUse& { return settings.rspamd; },
                                [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                  return std::make_unique<AsksService<Rspamd>>(
                                      TRY(where_of<service::HttpUrl>("url", config.filter.rspamd.url)),
                                      bit(Phase::message));
                                }};

}  // namespace maildrop::filter
