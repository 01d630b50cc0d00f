/// http.cc: asks a service of the operator's own, in whatever language that is, and goes by what it says.
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "filter/filter.h"
#include "filter/http_hook.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kTells[] = {"http"};
constexpr std::uint8_t kAnyPhase = (bit(Phase::message) << 1) - 1;

class Http final : public Filter {
 public:
  Http(std::optional<service::HttpUrl> url, const HttpFilter& settings) : url_(std::move(url)), body_(settings.body) {
    for (std::size_t i = 0; i < std::size(kPhaseNames); ++i)
      for (const std::string& phase : settings.phases)
        if (url_ && phase == kPhaseNames[i]) phases_ |= bit(static_cast<Phase>(i));
  }

  std::uint8_t phases() const override { return phases_; }
  std::optional<Endpoint> service() const override { return url_ ? std::optional(url_->endpoint) : std::nullopt; }

  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const override {
    const Facts::Told* told = facts.all_told();
    if (!told) return {};
    using Question = std::shared_ptr<const service::Request>;
    const Question& question = facts.once<Question>([&] {
      return std::make_shared<const service::Request>(hook_question(*url_, phase, transaction, *told, body_));
    });
    const Result<service::Answer>* answer = facts.call(question);
    if (!answer) return {};
    if (!*answer) return Finding::unanswered(answer->error());
    Result<HookAnswer> said = parse_hook_answer(std::get<service::HttpAnswer>(**answer));
    if (!said) return Finding::fault(said.error().what);
    if (said->tell) facts.tell("http", std::move(*said->tell));
    return std::move(said->finding);
  }

 private:
  std::optional<service::HttpUrl> url_;  // nothing: nobody is asked
  bool body_;
  std::uint8_t phases_ = 0;
};

}  // namespace

extern const FilterKind kHttp{"http",
                              "What a service of your own says: asked over HTTP, in JSON.",
                              kAnyPhase,
                              kTells,
                              Evidence::own,
                              [](const FilterSettings& settings) -> const FilterUse& { return settings.http; },
                              [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                std::optional<service::HttpUrl> url;
                                if (!config.filter.http.url.empty())
                                  url = TRY(in_setting("url", service::HttpUrl::parse(config.filter.http.url)));
                                return std::make_unique<Http>(std::move(url), config.filter.http);
                              }};

}  // namespace maildrop::filter
