/// rspamd_check.cc: the envelope as fields of HTTP, and JSON as a finding.
#include "filter/rspamd_check.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/text.h"

namespace maildrop::filter {

namespace {

using nlohmann::json;

constexpr std::string_view kPath = "/checkv2";
constexpr std::size_t kMostRspamdRecipients = 100;  // that it hears of: its HTTP takes 80 KiB of fields
constexpr std::size_t kLongestValue = 320;          // bytes of a field: an address, RFC 5321 4.5.3.1
constexpr unsigned kHttpOk = 200;
constexpr double kScale = 5.0 / 6;  // it adds a header at 6 points as it comes, and we mark a message at 5
constexpr double kMostRspamdScore = 100'000;
constexpr std::size_t kMostSymbols = 5;           // that are told
constexpr std::size_t kLongestSymbol = 60;        // bytes
constexpr std::size_t kLongestRspamdReply = 200;  // the same

struct RspamdAction {
  std::string_view name;
  Action action;
  std::string_view reply;  // empty: it gives none
};
// `greylist` says what a score is worth where a message has passed the list, or there is none: who is to come again
// hears `soft reject`.
constexpr RspamdAction kRspamdActions[] = {{"no action", Action::pass, ""},
                                           {"greylist", Action::pass, ""},
                                           {"add header", Action::tag, ""},
                                           {"rewrite subject", Action::tag, ""},
                                           {"quarantine", Action::quarantine, ""},
                                           {"discard", Action::discard, ""},
                                           {"soft reject", Action::defer, "4.7.1 try again later"},
                                           {"reject", Action::reject, "5.7.1 this looks like spam"}};

/// What is no text becomes blanks in HttpRequest::head().
std::string value_of(std::string_view text) { return valid_utf8(utf8_prefix(text, kLongestValue)); }

std::string path_of(const mail::Address& address) { return "<" + value_of(address.to_string()) + ">"; }

Result<double> score_of(const json& of, const std::string& whose) {
  const auto score = of.find("score");
  if (score != of.end() && score->is_number() && std::abs(score->get<double>()) <= kMostRspamdScore)
    return score->get<double>();
  return invalid(whose + " score is no number, or too far from 0");
}

struct Symbol {
  std::string name;
  double score;
};

Result<std::vector<Symbol>> symbols_of(const json& said) {
  std::vector<Symbol> symbols;
  const auto found = said.find("symbols");
  if (found == said.end() || !found->is_object()) return invalid("its symbols are no object");
  for (const auto& [name, symbol] : found->items()) {
    if (!symbol.is_object()) return invalid("a symbol of it is no object");
    const double score = TRY(score_of(symbol, "a symbol's"));
    symbols.push_back({terminal_safe(utf8_prefix(name, kLongestSymbol)), score});
  }
  return symbols;
}

/// Those that weigh most, for or against.
std::string shown(std::vector<Symbol> symbols) {
  const std::size_t count = std::min(symbols.size(), kMostSymbols);
  std::partial_sort(symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(count), symbols.end(),
                    [](const Symbol& a, const Symbol& b) { return std::abs(a.score) > std::abs(b.score); });
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += (i == 0 ? ": " : ", ") + symbols[i].name + " " + format_number(symbols[i].score);
  return text;
}

bool may_be_said(std::string_view text) {
  return !text.empty() && text.size() <= kLongestRspamdReply &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// What it wants a client to hear, where that is a text that can be said.
std::string reply_of(const json& said, const RspamdAction& word) {
  std::string text(word.reply);
  if (text.empty()) return text;
  const auto messages = said.find("messages");
  if (messages != said.end() && messages->is_object()) {
    const auto message = messages->find("smtp_message");
    if (message != messages->end() && message->is_string() && may_be_said(message->get_ref<const std::string&>()))
      text = *message;
  }
  return text;
}

/// As many hosts and addresses as a message has, in a list behind all that matters: who cuts an answer cuts these.
Result<std::string> without_lists(const std::string& body) {
  const std::size_t at = std::min(body.find(",\"urls\":["), body.find(",\"emails\":["));
  if (at == std::string::npos) return invalid("its answer is too large");
  return body.substr(0, at) + "}";
}

}  // namespace

service::HttpRequest rspamd_question(service::HttpUrl url, const mail::Transaction& transaction,
                                     const std::string& client_name) {
  if (url.target == "/") url.target = kPath;
  service::HttpRequest request{std::move(url)};
  const auto add = [&](const char* name, std::string value) {
    if (!value.empty()) request.fields.emplace_back(name, std::move(value));
  };
  if (!transaction.peer.local) add("IP", transaction.peer.address.to_string());
  add("Hostname", value_of(client_name));
  add("Helo", value_of(transaction.helo));
  add("From", path_of(transaction.from));
  for (std::size_t i = 0; i < transaction.recipients.size() && i < kMostRspamdRecipients; ++i)
    add("Rcpt", path_of(transaction.recipients[i].address));
  add("Queue-Id", transaction.session);
  add("TLS-Version", transaction.tls.protocol);
  add("TLS-Cipher", transaction.tls.cipher);
  request.between = service::HttpRequest::Between::plain;
  request.cuts = true;
  return request;
}

Result<RspamdAnswer> parse_rspamd_answer(const service::HttpAnswer& answer) {
  if (answer.status != kHttpOk) return invalid("it answers " + std::to_string(answer.status));
  const std::string body = answer.cut ? TRY(without_lists(answer.body)) : answer.body;
  const json said = json::parse(body, nullptr, false);
  if (!said.is_object()) return invalid("its answer is no JSON object");
  const auto named = said.find("action");
  if (named == said.end() || !named->is_string()) return invalid("its action is no text");
  const auto& action = named->get_ref<const std::string&>();
  const auto* const word = std::find_if(std::begin(kRspamdActions), std::end(kRspamdActions),
                                        [&](const RspamdAction& known) { return known.name == action; });
  if (word == std::end(kRspamdActions))
    return invalid("its action is none: '" + terminal_safe(action.substr(0, 40)) + "'");
  const double score = TRY(score_of(said, "its"));
  std::vector<Symbol> symbols = TRY(symbols_of(said));
  std::string reason;
  if (score != 0 || word->action != Action::pass)
    reason = action + " " + format_number(score) + shown(std::move(symbols));
  Finding finding = Finding::act(word->action, score * kScale, reply_of(said, *word), std::move(reason));
  return RspamdAnswer{std::move(finding), action, score};
}

}  // namespace maildrop::filter
