/// http_request.cc: URLs that are addresses, and heads of requests.
#include "service/http_request.h"

#include <algorithm>

namespace maildrop::service {

namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kUnix = "unix:";

Result<HttpUrl> fail_url(std::string_view text, std::string_view why) {
  return fail(Code::invalid, "'" + std::string(text) + "' " + std::string(why));
}

bool is_target(std::string_view target) {
  for (const char c : target)
    if (c <= ' ' || c > '~') return false;
  return target.starts_with('/');
}

Result<HttpUrl> parse_unix(std::string_view text) {
  const std::string_view path = text.substr(kUnix.size());
  const std::size_t colon = path.find(':');
  HttpUrl url{TRY(Endpoint::parse(text.substr(0, colon == path.npos ? text.npos : kUnix.size() + colon)))};
  if (colon != path.npos) url.target = path.substr(colon + 1);
  if (!is_target(url.target)) return fail_url(text, "has no path of the form /PATH behind the socket");
  return url;
}

/// A colon that is not within brackets.
bool has_port(std::string_view where) {
  const std::size_t colon = where.rfind(':');
  return colon != where.npos && where.find(']', colon) == where.npos;
}

}  // namespace

Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  if (text.starts_with(kUnix)) return parse_unix(text);
  if (!text.starts_with(kHttp)) return fail_url(text, "begins neither with http:// nor with unix:");
  const std::string_view rest = text.substr(kHttp.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string where = std::string(rest.substr(0, slash)) + (has_port(rest.substr(0, slash)) ? "" : ":80");
  const Result<Endpoint> endpoint = Endpoint::parse(where);
  if (!endpoint || endpoint->kind != Endpoint::Kind::ip || endpoint->port == 0)
    return fail_url(text, "names no address: a host name has to be written as its address");
  HttpUrl url{*endpoint};
  if (slash < rest.size()) url.target = rest.substr(slash);
  if (!is_target(url.target)) return fail_url(text, "has a path with blanks or bytes that are not ASCII");
  return url;
}

std::string HttpUrl::host() const {
  return endpoint.kind == Endpoint::Kind::unix_path ? "localhost" : endpoint.to_string();
}

std::size_t HttpRequest::body_size(std::size_t text) const {
  const std::size_t between_size = between == Between::nothing ? 0
                                   : between == Between::plain ? text
                                                               : (text + 2) / 3 * 4;
  return body.size() + between_size + rest.size();
}

std::string HttpRequest::head(std::size_t text) const {
  std::string head = "POST " + url.target + " HTTP/1.1\r\nHost: " + url.host() +
                     "\r\nUser-Agent: maildrop\r\nContent-Length: " + std::to_string(body_size(text)) + "\r\n";
  const auto append = [&](const std::string& part) {
    for (const char c : part) head += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
  };
  for (const auto& [name, value] : fields) {
    append(name);
    head += ": ";
    append(value);
    head += "\r\n";
  }
  return head + "\r\n";
}

}  // namespace maildrop::service
