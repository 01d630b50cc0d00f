/// lua_kit.h: scripts from texts, before a session.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/text.h"
#include "filter/kit.h"
#include "filter/lua_script.h"

namespace maildrop::filter::test {

inline Result<std::shared_ptr<const LuaScript>> script_of(std::string source, LuaFilterSettings settings = {},
                                                          const std::map<std::string, std::string>& sets = {}) {
  return LuaScript::make("test", std::move(source), settings, [&](const std::string& name) -> Result<std::string> {
    const auto found = sets.find(name);
    if (found == sets.end()) return fail(Code::not_found, name + ".txt: cannot be read");
    return found->second;
  });
}

/// With time enough for a machine that is busy.
inline LuaFilterSettings patient() {
  LuaFilterSettings settings;
  settings.time = std::chrono::seconds(5);
  return settings;
}

/// A session before one script.
struct ScriptBench {
  explicit ScriptBench(const std::string& source, LuaFilterSettings settings = patient(),
                       const std::map<std::string, std::string>& sets = {})
      : world(clock) {
    auto made = script_of(source, settings, sets);
    INFO((made ? "" : made.error().what));
    REQUIRE(made);
    script = *made;
    Config config;
    const std::shared_ptr<const LuaScript> scripts[] = {script};
    session.emplace(*Chain::make(config, {}, scripts), clock);
  }

  /// `ACTION SCORE REASON` of what it found at the phase; empty: nothing.
  std::string at(Phase phase) {
    world.judge(*session, phase, transaction);
    std::string found;
    session->findings().each([&](std::size_t, const Finding& finding, std::uint64_t) {
      const std::string action(finding.failed ? "failed" : finding.allows ? "allow" : name_of(finding.action));
      if (finding.reason.empty() && finding.score == 0 && action == "pass") return;
      found = action + " " + format_number(finding.score) + " " + finding.reason;
    });
    return found;
  }

  FakeClock clock;
  TableWorld world;
  std::shared_ptr<const LuaScript> script;
  std::optional<Case> session;
  mail::Transaction transaction = transaction_of("192.0.2.1");
};

}  // namespace maildrop::filter::test
