/// authentication_results.cc: writes our field, and finds those that only look like it.
#include "filter/authentication_results.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/text.h"
#include "mail/headers.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kName = "Authentication-Results";
constexpr std::size_t kLongestPart = 300;  // bytes of what a stranger chose

using Told = std::function<const std::string*(std::string_view)>;

// --- writing ---

/// RFC 8601 2.2: a pvalue is a token, an address, or a quoted string.
std::string as_value(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  text = utf8_prefix(text, kLongestPart);
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return quoted + '"';
}

std::string iprev(const mail::Transaction& transaction, const Told& told) {
  const std::string* result = told("iprev");
  if (!result || transaction.peer.local) return {};
  std::string text = "iprev=" + *result + " policy.iprev=" + as_value(transaction.peer.address.to_string());
  // What others chose stands in a comment only where it cannot end it.
  const std::string* name = told("client_name");
  if (name && as_value(*name).front() != '"') text += " (" + as_value(*name) + ")";
  return text;
}

std::string spf_helo(const mail::Transaction& transaction, const Told& told) {
  const std::string* result = told("spf_helo");
  return result ? "spf=" + *result + " smtp.helo=" + as_value(transaction.helo) : std::string();
}

/// Of a null sender the HELO was checked, which has been told.
std::string spf(const mail::Transaction& transaction, const Told& told) {
  const std::string* result = told("spf");
  const std::string* domain = told("spf_domain");
  if (!result || !domain || (transaction.from.is_null() && told("spf_helo"))) return {};
  return "spf=" + *result + (transaction.from.is_null() ? " smtp.helo=" : " smtp.mailfrom=") + as_value(*domain);
}

/// `pass example.com s1; fail example.org s2`, `-` where there is no name.
std::vector<std::string> dkim(const Told& told) {
  const std::string* results = told("dkim_results");
  if (!results) return {};
  if (results->empty()) return {"dkim=none"};
  std::vector<std::string> texts;
  for (const std::string_view each : split(*results, ';')) {
    const std::vector<std::string_view> words = split(trim(each), ' ');
    if (words.size() != 3) continue;
    std::string text = "dkim=" + std::string(words[0]);
    if (words[1] != "-") text += " header.d=" + as_value(words[1]);
    if (words[2] != "-") text += " header.s=" + as_value(words[2]);
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string dmarc(const Told& told) {
  const std::string* result = told("dmarc");
  if (!result) return {};
  std::string text = "dmarc=" + *result;
  if (const std::string* policy = told("dmarc_policy"); policy && !policy->empty()) text += " (p=" + *policy + ")";
  if (const std::string* domain = told("dmarc_domain"); domain && !domain->empty())
    text += " header.from=" + as_value(*domain);
  return text;
}

// --- reading ---

/// Behind white space and comments, which nest (RFC 5322 3.2.2).
std::string_view past_comments(std::string_view text) {
  std::size_t depth = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && depth > 0) {
      ++at;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
    } else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      break;
    }
  }
  return text.substr(std::min(at, text.size()));
}

/// Of what a host name may have.
bool is_host_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

/// Whether a field is of another host, beyond doubt: it begins with a plain name that is not ours, as all that write
/// them do. Anything else that has our name before the first result is ours to some reader.
bool is_of_another(std::string_view value, std::string_view host) {
  const std::string_view rest = past_comments(value);
  const auto end = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_host_byte) - rest.begin());
  std::string_view name = rest.substr(0, end);
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  const bool plain =
      !name.empty() && (end == rest.size() || std::string_view(" \t\r\n;(").find(rest[end]) != std::string_view::npos);
  return plain && !equals_ignoring_case(name, host);
}

/// Whatever stands between its bytes.
bool has_name(std::string_view value, std::string_view host) {
  std::string bytes;
  for (const char c : value)
    if (is_host_byte(c)) bytes += c;
  return to_lower(bytes).find(to_lower(host)) != std::string::npos;
}

/// Where a field begins, and what follows it.
std::pair<std::size_t, std::size_t> place_of(const mail::HeaderField& field, std::string_view message) {
  const auto offset = [&](const char* at) { return static_cast<std::size_t>(at - message.data()); };
  const std::size_t end = message.find('\n', offset(field.value.data() + field.value.size()));
  return {offset(field.name.data()), end == std::string_view::npos ? message.size() : end + 1};
}

}  // namespace

std::string authentication_results(std::string_view host, const mail::Transaction& transaction, const Told& told) {
  std::vector<std::string> parts{iprev(transaction, told), spf_helo(transaction, told), spf(transaction, told)};
  for (std::string& each : dkim(told)) parts.push_back(std::move(each));
  parts.push_back(dmarc(told));
  std::erase(parts, std::string());
  if (parts.empty()) return {};
  std::string field = std::string(kName) + ": " + as_value(host);
  for (const std::string& part : parts)
    if (field.size() + part.size() + 6 <= kLongestResults) field += ";\r\n\t" + part;
  return field + "\r\n";
}

std::size_t remove_forged_results(std::string& message, std::string_view host) {
  const mail::HeaderLimits limits{
      .fields = 100'000, .field_size = message.size(), .size = message.size(), .prefix = kName, .past_others = true};
  const mail::Headers headers = mail::scan_headers(message, limits);
  std::size_t removed = 0, kept = 0, at = 0;
  const auto keep_until = [&](std::size_t end) {
    if (kept != at) std::copy(message.begin() + at, message.begin() + end, message.begin() + kept);
    kept += end - at;
  };
  for (const mail::HeaderField& field : headers.fields) {
    if (!equals_ignoring_case(field.name, kName) || is_of_another(field.value, host)) continue;
    if (!has_name(field.value, host)) continue;
    const auto [begin, end] = place_of(field, message);
    keep_until(begin);
    at = end;
    ++removed;
  }
  if (removed == 0) return 0;
  keep_until(message.size());
  message.resize(kept);
  return removed;
}

}  // namespace maildrop::filter
