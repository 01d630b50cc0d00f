/// rspamd.cc: what rspamd says of a message.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "filter/filter.h"
#include "filter/rspamd_check.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kTells[] = {"rspamd", "rspamd_score"};

class Rspamd final : public Filter {
 public:
  explicit Rspamd(std::optional<service::HttpUrl> url) : url_(std::move(url)) {}

  std::uint8_t phases() const override { return url_ ? bit(Phase::message) : 0; }
  std::optional<Endpoint> service() const override { return url_ ? std::optional(url_->endpoint) : std::nullopt; }

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const std::string* name = facts.told("client_name");
    if (!name) return {};
    using Question = std::shared_ptr<const service::Request>;
    const Question& question = facts.once<Question>(
        [&] { return std::make_shared<const service::Request>(rspamd_question(*url_, transaction, *name)); });
    const Result<service::Answer>* answer = facts.call(question);
    if (!answer) return {};
    if (!*answer) return Finding::unanswered(answer->error());
    Result<RspamdAnswer> said = parse_rspamd_answer(std::get<service::HttpAnswer>(**answer));
    if (!said) return Finding::fault(said.error().what);
    facts.tell("rspamd", std::move(said->action));
    facts.tell("rspamd_score", format_number(said->score));
    return std::move(said->finding);
  }

 private:
  std::optional<service::HttpUrl> url_;  // nothing: nobody is asked
};

}  // namespace

extern const FilterKind kRspamd{"rspamd",
                                "What rspamd says of a message: asked over HTTP.",
                                bit(Phase::message),
                                kTells,
                                Evidence::own,
                                [](const FilterSettings& settings) -> const FilterUse& { return settings.rspamd; },
                                [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                  std::optional<service::HttpUrl> url;
                                  if (!config.filter.rspamd.url.empty())
                                    url = TRY(in_setting("url", service::HttpUrl::parse(config.filter.rspamd.url)));
                                  return std::make_unique<Rspamd>(std::move(url));
                                }};

}  // namespace maildrop::filter
