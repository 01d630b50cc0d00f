/// milter.cc: what a milter says of a message.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "filter/filter.h"
#include "filter/milter_check.h"

namespace maildrop::filter {

namespace {

class Milter final : public Filter {
 public:
  Milter(std::optional<Endpoint> endpoint, std::string our_name)
      : endpoint_(std::move(endpoint)), our_name_(std::move(our_name)) {}

  std::uint8_t phases() const override { return endpoint_ ? bit(Phase::message) : 0; }
  std::optional<Endpoint> service() const override { return endpoint_; }

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const std::string* name = facts.told("client_name");
    if (!name) return {};
    using Question = Result<std::shared_ptr<const service::Request>>;
    const Question& question = facts.once<Question>([&]() -> Question {
      return std::make_shared<const service::Request>(TRY(milter_question(*endpoint_, transaction, *name, our_name_)));
    });
    if (!question) return Finding::fail(question.error().what);
    const Result<service::Answer>* answer = facts.call(*question);
    if (!answer) return {};
    if (*answer) return finding_of(std::get<service::MilterAnswer>(**answer));
    return Finding::unanswered(answer->error());
  }

 private:
  std::optional<Endpoint> endpoint_;  // nothing: nobody is asked
  std::string our_name_;
};

}  // namespace

extern const FilterKind kMilter{"milter",
                                "What a milter says of a message.",
                                bit(Phase::message),
                                {},
                                Evidence::own,
                                [](const FilterSettings& settings) -> const FilterUse& { return settings.milter; },
                                [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                  std::optional<Endpoint> endpoint;
                                  if (!config.filter.milter.endpoint.empty())
                                    endpoint =
                                        TRY(in_setting("endpoint", Endpoint::parse(config.filter.milter.endpoint)));
                                  return std::make_unique<Milter>(std::move(endpoint), effective_hostname(config.smtp));
                                }};

}  // namespace maildrop::filter
