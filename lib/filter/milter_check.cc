/// milter_check.cc: a transaction for a milter.
#include "filter/milter_check.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "filter/words.h"
#include "mail/headers.h"

namespace maildrop::filter {

namespace {

using service::MilterAnswer;

constexpr std::size_t kMostMilterRecipients = 100;  // that it hears of: each is waited for
// Of a field, its name and value. Whoever reads packets refuses more than 64 KiB in one, and would see nothing of the
// message.
constexpr std::size_t kLargestField = 60 * 1024;
// So many fields take two thirds of Knowledge::kMostCallBytes, were they empty, and as many answers are waited for.
constexpr mail::HeaderLimits kMilterHeader{.fields = 10'000, .field_size = kLargestField, .size = 512 * 1024};

/// Texts end at their NUL.
std::string without_nul(std::string_view text) {
  std::string clean(text);
  std::replace(clean.begin(), clean.end(), '\0', ' ');
  return clean;
}

/// As milters have lines: with LF alone, which whoever signs or verifies a header makes CRLF again.
std::string milter_value(std::string_view value) {
  std::string lines = without_nul(value);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == '\r' && i + 1 < lines.size() && lines[i + 1] == '\n') continue;
    lines[kept++] = lines[i];
  }
  lines.resize(kept);
  return lines;
}

std::string milter_path(const mail::Address& address) { return "<" + without_nul(address.to_string()) + ">"; }

std::string reply_of(const MilterAnswer& answer) {
  if (!answer.text.empty()) return answer.text;
  return answer.says == MilterAnswer::Says::defer ? "4.7.1 try again later" : "5.7.1 this is not wanted here";
}

bool is_too_large(const mail::HeaderField& field) { return field.name.size() + field.value.size() > kLargestField; }

}  // namespace

Result<service::MilterRequest> milter_question(const Endpoint& endpoint, const mail::Transaction& transaction,
                                               const std::string& client_name, const std::string& our_name) {
  const mail::Headers headers = mail::scan_headers(transaction.data, kMilterHeader);
  if (headers.truncated || std::any_of(headers.fields.begin(), headers.fields.end(), is_too_large))
    return fail(Code::over_limit, "its header is too large for a milter");
  const mail::Peer& peer = transaction.peer;
  service::MilterRequest request{endpoint};
  if (!peer.local) {
    request.address = peer.address;
    request.port = peer.port;
  }
  const std::string unnamed = peer.local ? "localhost" : "[" + peer.address.to_string() + "]";
  request.host = client_name.empty() ? unnamed : without_nul(client_name);
  request.helo = without_nul(transaction.helo);
  request.from = milter_path(transaction.from);
  for (std::size_t i = 0; i < transaction.recipients.size() && i < kMostMilterRecipients; ++i)
    request.to.push_back(milter_path(transaction.recipients[i].address));
  request.more_to = transaction.recipients.size() > kMostMilterRecipients;
  request.fields.reserve(headers.fields.size());
  for (const mail::HeaderField& field : headers.fields)
    request.fields.emplace_back(without_nul(field.name), milter_value(field.value));
  request.body = headers.body;
  request.our_name = our_name;
  request.session = transaction.session;
  request.tls_protocol = transaction.tls.protocol;
  request.tls_cipher = transaction.tls.cipher;
  return request;
}

Finding finding_of(const MilterAnswer& answer) {
  const std::string why =
      "at " + std::string(answer.at) + (answer.text.empty() ? "" : ": ") + terminal_safe(answer.text);
  switch (answer.says) {
    case MilterAnswer::Says::pass: return {};
    case MilterAnswer::Says::quarantine: return Finding::act(Action::quarantine, kSpamScore, "", "quarantine " + why);
    case MilterAnswer::Says::discard: return Finding::act(Action::discard, kSpamScore, "", "discard " + why);
    case MilterAnswer::Says::defer: return Finding::act(Action::defer, 0, reply_of(answer), "defer " + why);
    case MilterAnswer::Says::reject: break;
  }
  return Finding::act(Action::reject, kSpamScore, reply_of(answer), "reject " + why);
}

}  // namespace maildrop::filter
