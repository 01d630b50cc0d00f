/// live_filters.cc: a resolver for each loop, and the filters that ask it.
#include "live_filters.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "core/log.h"
#include "core/text.h"
#include "dns_answers.h"

namespace maildrop::cmd {

namespace {

constexpr Millis kLate{250};  // behind dns.timeout, for who is told of it by a busy loop

std::string text_of(const filter::FileProblem& problem) {
  return problem.file + ": " + problem.what + (problem.older ? " (what it was before goes on)" : "");
}

Result<std::string> answer_of(LoopResolvers& resolvers, Millis patience, const std::string& name,
                              const std::string& type) {
  const dns::Question question = TRY(parse_question(name, type));
  return api::to_text(json_of_loops(question, shown_by_loops(question, resolvers.ask(question, patience)))) + "\n";
}

std::string list_of(const std::vector<std::string>& files) {
  constexpr std::size_t kMost = 10;  // in a line
  std::string names;
  for (std::size_t i = 0; i < std::min(files.size(), kMost); ++i) names += (i == 0 ? "" : ",") + files[i];
  return files.size() > kMost ? names + ",..." : names;
}

/// What fails at each look is told once, until it fails otherwise or does not.
class Failure {
 public:
  /// Whether it is to be told now. Empty: it did not fail.
  bool is_news(const std::string& error) {
    const bool told = std::exchange(told_, error) == error;
    return !error.empty() && !told;
  }

 private:
  std::string told_;
};

std::shared_ptr<const filter::Chain> nobody() {
  return std::make_shared<const filter::Chain>(FilterSettings(), std::vector<filter::Chain::Link>());
}

filter::LiveParts shadow_parts(filter::LiveParts parts, metrics::Registry& registry) {
  return {std::move(parts.loops), parts.ledger, parts.clock, registry, parts.outage_after, "shadow-"};
}

std::vector<std::reference_wrapper<boost::asio::io_context>> loops_of(const filter::LiveParts& parts) {
  std::vector<std::reference_wrapper<boost::asio::io_context>> loops;
  for (const filter::LiveParts::Loop& loop : parts.loops) loops.emplace_back(loop.context);
  return loops;
}

}  // namespace

LiveFilters::LiveFilters(std::unique_ptr<LoopResolvers> resolvers, Millis patience, ServiceClients clients,
                         const filter::LiveParts& parts, std::unique_ptr<filter::StoreModels> models,
                         std::unique_ptr<filter::ChainSource> source)
    : resolvers_(std::move(resolvers)),
      ask_dns_([this, patience](const std::string& name, const std::string& type) -> Result<std::string> {
        const std::unique_lock one(asking_, std::try_to_lock);
        if (!one) return fail(Code::over_limit, "another question is open");
        return answer_of(*resolvers_, patience, name, type);
      }),
      clients_(std::move(clients)),
      models_(std::move(models)),
      source_(std::move(source)),
      judge_(parts, source_->latest()),
      shadow_(shadow_parts(parts, uncounted_), nobody()),
      both_(judge_, shadow_, loops_of(parts), parts.metrics) {
  adopt();
}

void LiveFilters::adopt() {
  judge_.apply(source_->latest());
  const auto shadow = source_->shadow();
  shadow_.apply(shadow ? shadow : nobody());
  std::vector<filter::FileProblem> problems = source_->problems();
  for (const filter::FileProblem& problem : problems)
    if (std::find(told_.begin(), told_.end(), problem) == told_.end())
      log::warning("filter file",
                   {{"file", problem.file}, {"error", problem.what}, {"older", problem.older ? "yes" : "no"}});
  if (problems.empty() && !told_.empty()) log::info("filter files are in order again");
  told_ = std::move(problems);
}

void LiveFilters::watch(service::Loops& loops, std::function<void()> changed, FilterLooks looks) {
  const auto renewed = [this, changed = std::move(changed)](const std::vector<std::string>& models) {
    if (models.empty())
      log::info("filter scripts read again", {{"files", list_of(source_->news())}});
    else
      log::info("filter models read again", {{"models", list_of(models)}});
    adopt();
    changed();
  };
  watching_ = std::jthread([this, &loops, renewed, looks](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any pause;
    std::unique_lock lock(mutex);
    auto next = std::chrono::steady_clock::now() + looks.models;
    Failure scripts_failure, models_failure;
    while (!pause.wait_for(lock, stop, looks.scripts, [&] { return stop.stop_requested(); })) try {
        const Result<bool> scripts = source_->renew();
        if (scripts_failure.is_news(scripts ? std::string() : scripts.error().what))
          log::warning("filter scripts were not taken up", {{"error", scripts.error().what}});
        if (scripts && *scripts) boost::asio::post(loops.at(0).context(), [renewed] { renewed({}); });
        if (std::chrono::steady_clock::now() < next) continue;
        next = std::chrono::steady_clock::now() + looks.models;
        Result<std::vector<std::string>> models = source_->renew_models();
        if (models_failure.is_news(models ? std::string() : models.error().what))
          log::warning("filter models were not taken up", {{"error", models.error().what}});
        if (models && !models->empty())
          boost::asio::post(loops.at(0).context(), [renewed, models = std::move(*models)] { renewed(models); });
      } catch (const std::exception& error) {  // no memory: next time
        log::warning("filter scripts and models were not read", {{"error", error.what()}});
      }
  });
}

std::string LiveFilters::impaired() const {
  std::string text = judge_.impaired();
  for (const std::string_view line : split(shadow_.impaired(), '\n'))
    if (!line.empty()) text.append("filter.shadow: ").append(line).append("\n");
  for (const filter::FileProblem& problem : source_->problems()) text += "filter file " + text_of(problem) + "\n";
  return text;
}

void LiveFilters::end(service::Loops& loops) {
  for (std::size_t i = 0; i < clients_.size(); ++i)
    boost::asio::post(loops.at(i).context(), [this, i] {
      resolvers_->end(i);
      clients_[i].reset();
    });
}

Result<std::unique_ptr<LiveFilters>> open_filters(const Config& config, service::Loops& loops, store::Store& store,
                                                  store::Bookkeeper& bookkeeper, const Clock& clock,
                                                  metrics::Registry& metrics) {
  auto models = std::make_unique<filter::StoreModels>(store.models());
  auto source = std::make_unique<filter::ChainSource>(filter::Means{models.get()});
  TRY(source->make(config));
  auto resolvers = std::make_unique<LoopResolvers>(loops, config.dns, metrics);
  LiveFilters::ServiceClients clients;
  filter::LiveParts parts{{}, bookkeeper, clock, metrics};
  for (std::size_t i = 0; i < loops.size(); ++i) {
    boost::asio::io_context& context = loops.at(i).context();
    clients.push_back(std::make_unique<service::ServiceClient>(context));
    parts.loops.push_back({context, resolvers->at(i), *clients.back()});
  }
  const Millis patience = std::min(config.dns.timeout + kLate, config.api.answer_timeout / 2);
  return std::make_unique<LiveFilters>(std::move(resolvers), patience, std::move(clients), parts, std::move(models),
                                       std::move(source));
}

}  // namespace maildrop::cmd
