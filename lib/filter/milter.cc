/// milter.cc: what a milter says of a message.
#include <memory>
#include <string>
#include <variant>

#include "filter/asks_service.h"
#include "filter/filter.h"
#include "filter/milter_check.h"

namespace maildrop::filter {

namespace {

struct Milter {
  using Where = Endpoint;
  std::string our_name;

  static const std::string* known(Facts& facts) { return facts.told("client_name"); }
  Result<service::Request> question(const Where& endpoint, Phase, const mail::Transaction& transaction,
                                    const std::string& client_name) const {
    return milter_question(endpoint, transaction, client_name, our_name);
  }
  static Finding finding(const service::Answer& answer, Facts&) {
    return finding_of(std::get<service::MilterAnswer>(answer));
  }
};

}  // namespace

extern const FilterKind kMilter{"milter",
                                "What a milter says of a message.",
                                bit(Phase::message),
                                {},
                                Evidence::own,
                                [](const FilterSettings& settings) -> const FilterUse& { return settings.milter; },
                                [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                  return std::make_unique<AsksService<Milter>>(
                                      TRY(where_of<Endpoint>("endpoint", config.filter.milter.endpoint)),
                                      bit(Phase::message), Milter{effective_hostname(config.smtp)});
                                }};

}  // namespace maildrop::filter
