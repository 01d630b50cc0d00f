/// http_hook.cc: JSON to a service and back.
#include "filter/http_hook.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "filter/words.h"
#include "mail/headers.h"

namespace maildrop::filter {

namespace {

using nlohmann::json;

constexpr unsigned kQuestionVersion = 1;
constexpr unsigned kOk = 200;
constexpr mail::HeaderLimits kHookHeader{.fields = 200, .field_size = 4096, .size = 64 * 1024};
constexpr double kMostHookScore = 1000;

json client_of(const mail::Transaction& transaction) {
  return {{"address", transaction.peer.local ? json() : json(transaction.peer.address.to_string())},
          {"port", transaction.peer.port != 0 ? json(transaction.peer.port) : json()},
          {"helo", transaction.helo},
          {"esmtp", transaction.esmtp},
          {"tls", transaction.tls.active() ? json(transaction.tls.protocol) : json()}};
}

/// At RCPT the one that is asked about alone, or a thousand would be told of a million.
json recipients_of(Phase phase, const mail::Transaction& transaction) {
  json to = json::array();
  for (const mail::Recipient& recipient : transaction.recipients) {
    if (phase == Phase::rcpt && &recipient != &transaction.recipients.back()) continue;
    to.push_back(recipient.address.to_string());
  }
  return to;
}

void add_header(json& question, const std::string& data) {
  const mail::Headers headers = mail::scan_headers(data, kHookHeader);
  json fields = json::array();
  for (const mail::HeaderField& field : headers.fields)
    fields.push_back(json::array({std::string(field.name), mail::unfold(field.value)}));
  question["headers"] = std::move(fields);
  question["headers_cut"] = headers.truncated;
}

Result<double> number_of(const json& value, std::string_view key, double least, double most) {
  if (value.is_number() && value.get<double>() >= least && value.get<double>() <= most) return value.get<double>();
  return invalid("its " + std::string(key) + " is no number, or too far from 0");
}

Result<std::string> text_of(const json& value, std::string_view key) {
  if (value.is_string()) return value.get<std::string>();
  return invalid("its " + std::string(key) + " is no text");
}

/// Reads an answer, member by member.
class AnswerReader {
 public:
  Result<void> read(const std::string& key, const json& value) {
    if (key == "action") return action(value);
    if (key == "score") return put(said_score_, number_of(value, key, -kMostHookScore, kMostHookScore));
    if (key == "delay") return put(said_delay_, number_of(value, key, 0, kLongestDelay.count()));
    if (key == "reply") return put(answer_.finding.reply, text_of(value, key));
    if (key == "reason") return put(answer_.finding.reason, text_of(value, key));
    if (key == "tell") return put(answer_.tell, text_of(value, key));
    if (key != "allow") return invalid("it has '" + key.substr(0, 40) + "', which means nothing");
    if (!value.is_boolean()) return invalid("its allow is neither true nor false");
    answer_.finding.allows = value.get<bool>();
    return {};
  }

  Result<HookAnswer> finish() {
    Finding& finding = answer_.finding;
    finding.action = word_->action;
    finding.score = said_score_.value_or(word_->score);
    if (!finding.reply.empty() && !word_->replies)
      return invalid("it has a reply, and an action that gives none: " + std::string(word_->name));
    if (said_delay_.has_value() != (finding.action == Action::delay))
      return invalid("action delay and a delay go together");
    if (finding.allows && (finding.action != Action::pass || finding.score != 0))
      return invalid("it allows, and finds something");
    finding.delay = Millis(std::llround(said_delay_.value_or(0) * 1000));
    return std::move(answer_);
  }

 private:
  Result<void> action(const json& value) {
    const std::string name = TRY(text_of(value, "action"));
    const Word* const word = find_word(name);
    if (!word) return invalid("its action is none: '" + name.substr(0, 40) + "'");
    word_ = word;
    return {};
  }

  template <class To, class From>
  static Result<void> put(To& to, Result<From> from) {
    if (!from) return tl::unexpected(std::move(from.error()));
    to = std::move(*from);
    return {};
  }

  HookAnswer answer_;
  const Word* word_ = &kPass;
  std::optional<double> said_score_;
  std::optional<double> said_delay_;  // seconds
};

}  // namespace

service::HttpRequest hook_question(const service::HttpUrl& url, Phase phase, const mail::Transaction& transaction,
                                   const Facts::Told& facts, bool with_message) {
  json question{{"version", kQuestionVersion},
                {"phase", kPhaseNames[static_cast<std::size_t>(phase)]},
                {"client", client_of(transaction)},
                {"facts", json::object()}};
  for (const auto& [fact, value] : facts) question["facts"][std::string(fact)] = value;
  if (phase >= Phase::mail) question["from"] = transaction.from.to_string();
  if (phase >= Phase::rcpt) question["to"] = recipients_of(phase, transaction);
  if (phase >= Phase::headers) add_header(question, transaction.data);
  const bool whole = phase == Phase::message;
  if (whole) question["size"] = transaction.data.size();
  service::HttpRequest request{url, {{"Content-Type", "application/json"}}};
  request.body = question.dump(-1, ' ', false, json::error_handler_t::replace);
  if (!with_message || !whole) return request;
  request.body.pop_back();  // the brace, which comes behind the message
  request.body += ",\"message\":\"";
  request.between = service::HttpRequest::Between::base64;
  request.rest = "\"}";
  return request;
}

Result<HookAnswer> parse_hook_answer(const service::HttpAnswer& answer) {
  if (answer.status != kOk) return invalid("it answers " + std::to_string(answer.status));
  const json said = json::parse(answer.body, nullptr, false);
  if (!said.is_object()) return invalid("its answer is no JSON object");
  AnswerReader reader;
  for (const auto& [key, value] : said.items()) TRY(reader.read(key, value));
  return reader.finish();
}

}  // namespace maildrop::filter
