/// chain.h: the filters of a configuration, in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/result.h"
#include "filter/filter.h"
#include "filter/findings.h"
#include "filter/lua_script.h"

namespace maildrop::filter {

/// Made once for each configuration; thread-safe from then on. Cases keep the one they began with.
class Chain {
 public:
  struct Link {
    std::string_view name;
    std::uint8_t phases;
    FilterUse use;
    std::unique_ptr<const Filter> filter;
    std::span<const std::string_view> tells{};
    Evidence evidence = Evidence::own;  // of scripts, too: they are what the operator makes of the mail
  };

  /// Of those kinds whose mode is not off. invalid: what is wrong with which setting, `filter.http.url: what`.
  /// And of `scripts`, behind them.
  static Result<std::shared_ptr<const Chain>> make(const Config& config, std::span<const FilterKind> kinds,
                                                   std::span<const std::shared_ptr<const LuaScript>> scripts = {},
                                                   const Means& means = {});
  /// Of the same those alone that show what `name` finds: it, and before it who tells facts that it may go by, of whom
  /// nothing else counts. Empty, if there is none of that name.
  static Result<std::shared_ptr<const Chain>> make_for(std::string_view name, const Config& config,
                                                       std::span<const FilterKind> kinds,
                                                       std::span<const std::shared_ptr<const LuaScript>> scripts,
                                                       const Means& means = {});
  /// Of filters that are there.
  Chain(const FilterSettings& settings, std::vector<Link> links);

  std::span<const Link> links() const { return links_; }
  /// bit() of each phase at which somebody has to be asked; 0 without filters.
  std::uint8_t phases() const { return phases_; }
  /// Who tells that fact: its place in links().
  std::optional<std::size_t> teller_of(std::string_view fact) const;
  const FilterSettings& settings() const { return rules_.settings; }
  const Rules& rules() const { return rules_; }
  Millis timeout_of(const Link& link) const;

 private:
  static Result<std::vector<Link>> make_links(const Config& config, std::span<const FilterKind> kinds,
                                              std::span<const std::shared_ptr<const LuaScript>> scripts,
                                              const Means& means);

  std::vector<Link> links_;
  std::map<std::string_view, std::size_t> tellers_;  // of facts, by their place in links_
  Rules rules_;
  std::uint8_t phases_ = 0;
};

}  // namespace maildrop::filter
