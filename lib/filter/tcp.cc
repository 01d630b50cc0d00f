/// tcp.cc: what the client runs on, by the packet by which it opened its connection.
#include <algorithm>

#include "core/text.h"
#include "filter/filter.h"
#include "filter/p0f_database.h"
#include "filter/tcp_signature.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kTcpTells[] = {"tcp", "system", "distance"};
constexpr std::string_view kTcpReply = "5.7.1 mail from such a system is not taken here";

class Tcp final : public Filter {
 public:
  Tcp(const TcpFilter& settings, P0fDatabase database, std::vector<FileProblem> problems)
      : settings_(settings), database_(std::move(database)), problems_(std::move(problems)) {}

  std::vector<FileProblem> problems() const override { return problems_; }

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const std::optional<TcpSignature> signature = read_signature(transaction.peer.syn);
    if (!signature) return {};
    const std::optional<P0fDatabase::Match> match = database_.find(*signature);
    facts.tell("tcp", signature->to_string());
    facts.tell("distance", std::to_string(signature->distance()));
    // What nearly fits may be somebody else's: it is shown, and nothing goes by it.
    const bool certain = match && !match->nearly;
    if (certain) facts.tell("system", std::string(match->system));
    const double score = certain && is_named(match->system) ? settings_.score : 0;
    return finding_of(*signature, match, score);
  }

 private:
  bool is_named(std::string_view system) const {
    return std::any_of(settings_.systems.begin(), settings_.systems.end(),
                       [&](const std::string& begin) { return system.starts_with(begin); });
  }

  static Finding finding_of(const TcpSignature& signature, const std::optional<P0fDatabase::Match>& match,
                            double score) {
    std::string reason = signature.to_string();
    if (match) reason = std::string(match->nearly ? "nearly " : "") + std::string(match->system) + ", " + reason;
    if (score <= 0) return Finding::score_of(score, std::move(reason));
    return Finding::act(Action::reject, score, std::string(kTcpReply), std::move(reason));
  }

  TcpFilter settings_;
  P0fDatabase database_;
  std::vector<FileProblem> problems_;  // of its file
};

Result<std::unique_ptr<Filter>> make_tcp(const Config& config) {
  std::vector<FileProblem> problems;
  P0fDatabase database = TRY(in_setting("database", open_p0f_file(config.filter.tcp.database, problems)));
  return std::make_unique<Tcp>(config.filter.tcp, std::move(database), std::move(problems));
}

}  // namespace

extern const FilterKind kTcp{"tcp",
                             "What the client runs on, by the packet that opened its connection.",
                             bit(Phase::connect),
                             kTcpTells,
                             Evidence::wish,
                             [](const FilterSettings& settings) -> const FilterUse& { return settings.tcp; },
                             make_tcp};

}  // namespace maildrop::filter
