/// chain.cc: which filters there are.
#include "filter/chain.h"

#include <algorithm>
#include <string>
#include <utility>

namespace maildrop::filter {

namespace {

/// A transaction begins anew at MAIL, and what was held back is said at RCPT or behind the message.
std::uint8_t with_decisions(std::uint8_t phases) {
  return phases == 0 ? std::uint8_t{0} : phases | bit(Phase::mail) | bit(Phase::rcpt) | bit(Phase::message);
}

/// The chain and its cases keep the script.
class Scripted final : public Filter {
 public:
  explicit Scripted(std::shared_ptr<const LuaScript> script) : script_(std::move(script)) {}
  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const override {
    return script_->judge(phase, transaction, facts);
  }

 private:
  std::shared_ptr<const LuaScript> script_;
};

}  // namespace

Result<std::vector<Chain::Link>> Chain::make_links(const Config& config, std::span<const FilterKind> kinds,
                                                   std::span<const std::shared_ptr<const LuaScript>> scripts,
                                                   const Means& means) {
  std::vector<Link> links;
  for (const FilterKind& kind : kinds) {
    const FilterUse& use = kind.use(config.filter);
    if (use.mode == FilterUse::Mode::off) continue;
    Result<std::unique_ptr<Filter>> made = kind.make(config, means);
    if (!made) return fail(Code::invalid, "filter." + std::string(kind.name) + "." + made.error().what);
    const auto phases = static_cast<std::uint8_t>(kind.phases & (*made)->phases());
    links.push_back({kind.name, phases, use, std::move(*made), kind.tells, kind.evidence});
  }
  for (const std::shared_ptr<const LuaScript>& script : scripts)
    if (script->use().mode != FilterUse::Mode::off)
      links.push_back(
          {script->name(), script->phases(), script->use(), std::make_unique<Scripted>(script), script->tells()});
  return links;
}

Result<std::shared_ptr<const Chain>> Chain::make(const Config& config, std::span<const FilterKind> kinds,
                                                 std::span<const std::shared_ptr<const LuaScript>> scripts,
                                                 const Means& means) {
  return std::make_shared<const Chain>(config.filter, TRY(make_links(config, kinds, scripts, means)));
}

Result<std::shared_ptr<const Chain>> Chain::make_for(std::string_view name, const Config& config,
                                                     std::span<const FilterKind> kinds,
                                                     std::span<const std::shared_ptr<const LuaScript>> scripts,
                                                     const Means& means) {
  std::vector<Link> links = TRY(make_links(config, kinds, scripts, means));
  const auto wanted = std::find_if(links.begin(), links.end(), [&](const Link& link) { return link.name == name; });
  links.erase(wanted == links.end() ? links.begin() : wanted + 1, links.end());
  std::erase_if(links, [&](const Link& link) { return link.name != name && link.tells.empty(); });
  for (Link& link : links)
    if (link.name != name) link.use.mode = FilterUse::Mode::observe;
  return std::make_shared<const Chain>(config.filter, std::move(links));
}

Chain::Chain(const FilterSettings& settings, std::vector<Link> links) : links_(std::move(links)), rules_{settings, {}} {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const Link& link = links_[i];
    phases_ |= link.phases;
    rules_.filters.push_back({link.name, link.use, link.evidence});
    for (const std::string_view fact : link.tells) tellers_.emplace(fact, i);  // of several who tell it, the first
  }
  phases_ = with_decisions(phases_);
}

std::optional<std::size_t> Chain::teller_of(std::string_view fact) const {
  const auto teller = tellers_.find(fact);
  return teller == tellers_.end() ? std::nullopt : std::optional(teller->second);
}

Millis Chain::timeout_of(const Link& link) const {
  return link.use.timeout == Millis(0) ? rules_.settings.timeout : std::min(link.use.timeout, rules_.settings.timeout);
}

}  // namespace maildrop::filter
