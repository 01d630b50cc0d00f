/// http_head.cc: writing the head of an answer.
#include "api/http_head.h"

#include <algorithm>

#include "api/answer.h"

namespace maildrop::api {

namespace {

bool is_safe(std::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

void add(std::string& head, std::string_view name, std::string_view value) {
  if (!value.empty() && is_safe(value)) head.append(name).append(": ").append(value).append("\r\n");
}

/// RFC 9110 5.6.7: as in mail, but the zone is GMT.
std::string http_date(Time now) {
  std::string date = rfc5322(now);
  return date.replace(date.rfind('+'), std::string::npos, "GMT");
}

}  // namespace

std::string response_head(const Response& response, const HeadOptions& options) {
  std::string head;
  head.reserve(512);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason_phrase(response.status)).append("\r\n");
  add(head, "Date", http_date(options.now));
  add(head, "Content-Type", response.content_type);
  // Neither has a body; that of a 304 would be the length of what was not sent.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless && !options.endless) add(head, "Content-Length", std::to_string(response.body.size()));
  for (const auto& [name, value] : response.headers) add(head, name, value);
  add(head, "X-Request-Id", options.request_id);
  add(head, "Connection", options.keep_alive ? "keep-alive" : "close");
  return head.append(head_end({}));
}

std::string head_end(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string lines;
  for (const auto& [name, value] : fields) add(lines, name, value);
  return lines.append("\r\n");
}

}  // namespace maildrop::api
