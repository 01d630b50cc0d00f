/// decision.cc: decisions as JSON.
#include "report/decision.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/random.h"
#include "core/text.h"
#include "filter/scoring.h"
#include "filter/trace.h"
#include "report/hmac.h"

namespace maildrop::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestText = 512;  // bytes of what a stranger wrote
constexpr std::size_t kMostFindings = 60;
constexpr std::size_t kLeastWord = 3;  // bytes: shorter ones are words of every sentence

std::string text_of(std::string_view text) { return valid_utf8(utf8_prefix(text, kLongestText)); }

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0; }

/// All places of `what`, with no word going on beside them where `words`. `lower` is the text in lower case.
void replace(std::string& text, std::string& lower, std::string_view what, std::string_view by, bool words) {
  for (std::size_t at = lower.find(what); at != std::string::npos; at = lower.find(what, at)) {
    const std::size_t end = at + what.size();
    if (words && ((at > 0 && is_word(lower[at - 1])) || (end < lower.size() && is_word(lower[end])))) {
      at = end;
      continue;
    }
    text.replace(at, what.size(), by);
    lower.replace(at, what.size(), by);
    at += by.size();
  }
}

/// The envelope, and what the server knows of the client.
void add_session(Json& out, const Decision& decision, const Pseudonyms& pseudonyms, const Hiding& hiding) {
  out["session"] = decision.session;
  if (!decision.id.empty()) out["id"] = decision.id;
  out["client"] = decision.client;
  if (!decision.helo.empty()) out["helo"] = text_of(decision.helo);
  if (!decision.tls.empty()) out["tls"] = decision.tls;
  if (decision.of == Decision::Of::session) return;
  out["from"] = text_of(hiding.hide(decision.from, false));
  for (const std::string& address : decision.to) out["to"].push_back(pseudonyms.of(address));
  if (decision.size > 0) out["size"] = decision.size;
}

Json finding_of(const filter::TraceEntry& entry, const Hiding& hiding) {
  Json out;
  out["filter"] = text_of(entry.filter);
  out["phase"] = filter::name_of(entry.phase);
  out["mode"] = filter::name_of(entry.mode);
  out["action"] = filter::name_of(entry.action);
  out["score"] = entry.score;
  if (entry.allowed) out["allowed"] = true;
  if (entry.failed) out["failed"] = true;
  if (!entry.reason.empty()) out["reason"] = text_of(hiding.hide(entry.reason, true));
  return out;
}

void add_findings(Json& out, const Decision& decision, const Hiding& hiding) {
  const Result<filter::Trace> trace = filter::parse_trace(decision.trace);
  if (!trace) return;
  Json findings = Json::array();
  for (const filter::TraceEntry& entry : trace->entries)
    if (!entry.is_silent() && findings.size() < kMostFindings) findings.push_back(finding_of(entry, hiding));
  if (!findings.empty()) out["findings"] = std::move(findings);
  if (!trace->shadow) return;
  const filter::Upshot& would = *trace->shadow;
  Json& shadow = out["shadow"] = {{"fate", filter::name_of(would.fate)}, {"score", filter::rounded_score(would.score)}};
  if (!would.by.empty()) shadow["by"] = text_of(would.by);
  if (!would.reason.empty()) shadow["why"] = text_of(hiding.hide(would.reason, true));
}

std::string line_of(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string_view name_of(Decision::Of of) {
  constexpr std::string_view kNames[] = {"session", "recipient", "message"};
  return kNames[static_cast<std::size_t>(of)];
}

std::string_view name_of(Decision::Result result) {
  constexpr std::string_view kNames[] = {"stored", "discarded", "deferred", "refused"};
  return kNames[static_cast<std::size_t>(result)];
}

std::size_t Decision::bytes() const {
  std::size_t bytes = sizeof(Decision) + why.size() + by.size() + helo.size() + from.size() + trace.size();
  for (const auto& [name, value] : facts) bytes += sizeof(facts.front()) + value.size();
  for (const auto* list : {&to, &others})
    for (const std::string& address : *list) bytes += sizeof(address) + address.size();
  for (const std::string& host : hosts) bytes += sizeof(host) + host.size();
  return bytes;
}

Pseudonyms::Pseudonyms(std::string key) : key_(std::move(key)) {
  if (key_.empty()) key_ = random_name(32);
}

std::string Pseudonyms::of(std::string_view address) const {
  constexpr std::size_t kDigits = 16;
  return hmac_sha256(key_, to_lower(address)).substr(0, kDigits);
}

Hiding::Hiding(const Pseudonyms& pseudonyms, const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) add(to_lower(address), pseudonyms.of(address), false);
  const std::size_t whole = forms_.size();
  for (std::size_t i = 0; i < whole; ++i) {
    const Form form = forms_[i];
    const std::size_t at = form.text.rfind('@');
    if (at == std::string::npos) continue;
    std::string as_list = form.text;
    as_list[at] = '=';
    add(std::move(as_list), form.pseudonym, false);
    add(form.text.substr(0, at), form.pseudonym, true);
    add(form.text.substr(0, std::min(at, form.text.find('+'))), form.pseudonym, true);
  }
  // As the filter bayes tells of words: all digits are 0.
  for (std::size_t i = 0, all = forms_.size(); i < all; ++i) {
    Form folded = forms_[i];
    std::replace_if(
        folded.text.begin(), folded.text.end(), [](char c) { return c >= '1' && c <= '9'; }, '0');
    if (folded.text != forms_[i].text) forms_.push_back(std::move(folded));
  }
}

void Hiding::add(std::string text, const std::string& pseudonym, bool word) {
  if (text.size() >= (word ? kLeastWord : 1)) forms_.push_back({std::move(text), pseudonym, word});
}

std::string Hiding::hide(std::string text, bool words) const {
  if (text.empty()) return text;
  std::string lower = to_lower(text);
  for (const Form& form : forms_)
    if (words || !form.word) replace(text, lower, form.text, form.pseudonym, form.word);
  return text;
}

std::string to_json(const Decision& decision, const Pseudonyms& pseudonyms) {
  std::vector<std::string> hidden = decision.to;
  hidden.insert(hidden.end(), decision.others.begin(), decision.others.end());
  const Hiding hiding(pseudonyms, hidden);
  Json out;
  out["schema"] = "maildrop.decision/1";
  out["time"] = rfc3339(decision.time);
  out["of"] = name_of(decision.of);
  out["result"] = name_of(decision.result);
  out["code"] = decision.code;
  if (!decision.reason.empty()) out["reason"] = decision.reason;
  if (!decision.why.empty()) out["why"] = text_of(hiding.hide(decision.why, true));
  if (!decision.by.empty()) out["by"] = text_of(decision.by);
  if (decision.evidence) out["evidence"] = true;
  add_session(out, decision, pseudonyms, hiding);
  if (decision.mark != store::Mark::none) out["mark"] = store::name_of(decision.mark);
  if (decision.score && std::isfinite(*decision.score)) out["score"] = filter::rounded_score(*decision.score);
  for (const auto& [name, value] : decision.facts) out["facts"][std::string(name)] = text_of(hiding.hide(value, false));
  add_findings(out, decision, hiding);
  for (const std::string& host : decision.hosts) out["hosts"].push_back(text_of(host));
  std::string line = line_of(out);
  for (const char* less : {"findings", "facts", "hosts", "to"}) {  // what there may be much of
    if (line.size() <= kLongestLine) break;
    out.erase(less);
    line = line_of(out);
  }
  return line;
}

}  // namespace maildrop::report
