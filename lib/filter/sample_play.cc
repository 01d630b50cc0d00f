/// sample_play.cc: samples, played, and compared with what is wanted.
#include <algorithm>
#include <memory>
#include <utility>

#include "core/text.h"
#include "filter/filters.h"
#include "filter/rehearsal.h"
#include "filter/sample.h"

namespace maildrop::filter {

namespace {

std::string shown_line_of(const TraceEntry& entry) {
  const std::string_view action = entry.failed ? "failed" : entry.allowed ? "allow" : name_of(entry.action);
  return std::string(name_of(entry.phase)) + " " + std::string(action) + " " + format_number(entry.score) +
         (entry.reason.empty() ? "" : " " + entry.reason);
}

std::string text_of(const std::vector<Phase>& phases) {
  std::string text;
  for (const Phase phase : phases) text.append(text.empty() ? "" : ", ").append(name_of(phase));
  return text;
}

/// Each behind a word; without any that there is nothing.
void add(std::vector<std::string>& to, std::string_view word, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) to.push_back(std::string(word) + " " + line);
  if (lines.empty()) to.push_back(std::string(word) + " nothing");
}

/// The facts that the sample names, as they are told.
void note_told(const Sample& sample, const Case& session, std::vector<std::string>& told) {
  for (const std::string& fact : sample.told) {
    const std::string name = fact.substr(0, fact.find(" = "));
    const std::string* value = session.told(name);
    const std::string line = value ? name + " = " + *value : std::string();
    if (value && std::find(told.begin(), told.end(), line) == told.end()) told.push_back(line);
  }
}

Result<Script> script_of(const Sample& sample) {
  Script script;
  const mail::Transaction& from = sample.transaction;
  script.transaction.peer = from.peer;
  script.transaction.early = from.early;
  script.transaction.helo = from.helo;
  script.transaction.esmtp = from.esmtp;
  script.transaction.from = from.from;
  script.transaction.declared_size = from.declared_size;
  script.transaction.smtputf8 = from.smtputf8;
  for (const std::string& to : sample.to) {
    const mail::Address address = TRY(recipient_of(to, sample.config));
    mail::Inbox inbox = TRY(mail::Inbox::of(address, sample.config.inbox, "localhost"));
    script.to.push_back({address, std::move(inbox)});
  }
  script.message = sample.message;
  return script;
}

}  // namespace

Result<SampleFindings> play_sample(const Sample& sample, TableWorld& world, const Clock& clock,
                                   std::span<const std::shared_ptr<const LuaScript>> scripts) {
  const auto is_wanted = [&](std::string_view name) {
    return name == sample.filter || std::find(sample.with.begin(), sample.with.end(), name) != sample.with.end();
  };
  std::vector<FilterKind> kinds;
  for (const FilterKind& kind : filter_kinds())
    if (is_wanted(kind.name)) kinds.push_back(kind);
  std::vector<std::shared_ptr<const LuaScript>> wanted;
  for (const auto& script : scripts)
    if (is_wanted(script->name())) wanted.push_back(script);
  if (kinds.size() + wanted.size() != 1 + sample.with.size())
    return fail(Code::not_found, "there is no filter '" + sample.filter + "', or one it is to be with");
  const std::shared_ptr<const Chain> chain = TRY(Chain::make(sample.config, kinds, wanted));
  Rehearsal rehearsal(chain, clock, world);
  SampleFindings findings;
  const auto note = [&](Phase phase, const mail::Transaction&, const Verdict&) {
    note_told(sample, rehearsal.session(), findings.told);
    rehearsal.session().findings().each([&](std::size_t filter, const Finding&, std::uint64_t) {
      const bool again = !findings.asked.empty() && findings.asked.back() == phase;  // of another recipient
      if (!again && chain->links()[filter].name == sample.filter) findings.asked.push_back(phase);
    });
  };
  Script script = TRY(script_of(sample));
  TRY(rehearsal.run(std::move(script), note));
  for (const TraceEntry& entry : rehearsal.trace().entries)
    if (entry.filter == sample.filter && !entry.is_silent()) findings.found.push_back(shown_line_of(entry));
  return findings;
}

std::vector<std::string> differences(const Sample& sample, const SampleFindings& findings) {
  std::vector<std::string> lines;
  if (findings.found != sample.want) {
    add(lines, "wanted", sample.want);
    add(lines, "found ", findings.found);
  }
  if (findings.told != sample.told) {
    add(lines, "told", sample.told);
    add(lines, "in truth", findings.told);
  }
  const bool at_all = std::all_of(sample.want_nothing_at.begin(), sample.want_nothing_at.end(), [&](Phase phase) {
    return std::find(findings.asked.begin(), findings.asked.end(), phase) != findings.asked.end();
  });
  if (at_all && (!sample.want_not_asked || findings.asked.empty())) return lines;
  lines.push_back(sample.want_not_asked ? "wanted not asked" : "wanted nothing at " + text_of(sample.want_nothing_at));
  lines.push_back(findings.asked.empty() ? "was not asked" : "was asked at " + text_of(findings.asked));
  return lines;
}

}  // namespace maildrop::filter
