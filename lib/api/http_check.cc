/// http_check.cc: each check with the attack it ends.
#include "api/http_check.h"

#include <algorithm>
#include <optional>

#include "core/text.h"

namespace maildrop::api {

namespace {

tl::unexpected<Refusal> refuse(int status, std::string_view phrase) { return tl::unexpected(Refusal{status, phrase}); }

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

/// Decodes %XX once: what is still encoded afterwards is text. Nothing for broken escapes, controls (%00 cuts names in
/// C libraries, %0d%0a forges headers and log lines) and bytes that are not UTF-8 (%c0%ae is no dot).
std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (is_control(static_cast<unsigned char>(c))) return std::nullopt;
    out += c;
  }
  if (!is_valid_utf8(out)) return std::nullopt;
  return out;
}

std::optional<std::vector<std::string>> parse_path(std::string_view path) {
  std::vector<std::string> segments;
  for (const std::string_view raw : split(path.substr(1), '/')) {
    std::optional<std::string> segment = decode(raw, false);
    if (!segment) return std::nullopt;
    // Path traversal: %2f would become a separator and %2e%2e a step up for whoever joins the segments again.
    if (segment->find('/') != std::string::npos || *segment == "." || *segment == "..") return std::nullopt;
    segments.push_back(std::move(*segment));
  }
  return segments;
}

bool parse_query(std::string_view text, std::map<std::string, std::string, std::less<>>& query) {
  for (const std::string_view pair : split(text, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> key = decode(pair.substr(0, equals), true);
    std::optional<std::string> value = decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!key || !value) return false;
    if (!pair.empty()) query.insert_or_assign(std::move(*key), std::move(*value));
  }
  return true;
}

bool is_known_method(std::string_view method) {
  static constexpr std::string_view kMethods[] = {"GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

bool is_host(std::string_view host) {
  return host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view(".-_:[]").find(c) != std::string_view::npos;
         });
}

/// What the checks want to know of the fields.
struct Fields {
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::string_view length;
  bool transfer_encoding = false;
  std::map<std::string, std::string, std::less<>> all;
};

Fields gather(const RawRequest& raw) {
  Fields fields;
  for (const auto& [name, value] : raw.fields) {
    const std::string lower = to_lower(name);
    if (lower == "host") ++fields.hosts;
    if (lower == "transfer-encoding") fields.transfer_encoding = true;
    if (lower == "content-length") {
      ++fields.lengths;
      fields.length = value;
    }
    const auto [at, is_new] = fields.all.try_emplace(lower, value);
    if (!is_new) at->second.append(", ").append(value);  // RFC 9110 5.3: so two Origins equal none
  }
  return fields;
}

bool has_token(const Fields& fields, std::string_view name, std::string_view token) {
  const auto found = fields.all.find(name);
  if (found == fields.all.end()) return false;
  for (const std::string_view each : split(found->second, ','))
    if (equals_ignoring_case(trim(each), token)) return true;
  return false;
}

/// Request smuggling: a proxy before us and we must agree on where a request ends, so only one way to say it is taken.
tl::expected<std::uint64_t, Refusal> body_size(const Fields& fields, const HttpLimits& limits) {
  // Beast takes `chunked, gzip`, `identity` and `xchunked` as "no body": the body would be the next request. And it
  // bounds neither trailers nor chunk extensions. No client of ours needs any of it.
  if (fields.transfer_encoding) return refuse(501, "Transfer-Encoding is not supported");
  if (fields.lengths == 0) return 0;
  // Beast takes two equal ones, and `1, 1`: others may read the first or the last.
  if (fields.lengths > 1) return refuse(400, "more than one Content-Length");
  if (fields.length.empty() || fields.length.size() > 18) return refuse(400, "bad Content-Length");
  std::uint64_t size = 0;
  for (const char c : fields.length) {
    if (c < '0' || c > '9') return refuse(400, "bad Content-Length");  // -1, +1, 0x10, `1, 1`
    size = size * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (size > limits.body) return refuse(413, "the body is too large");
  return size;
}

tl::expected<void, Refusal> check_fields(const RawRequest& raw, const Fields& fields) {
  // RFC 9112 3.2: without one, or with two, proxies and we may take it for different hosts.
  if (fields.hosts > 1 || (fields.hosts == 0 && raw.version != 10)) return refuse(400, "there must be one Host");
  const auto host = fields.all.find("host");
  if (host != fields.all.end() && !is_host(host->second)) return refuse(400, "bad Host");
  // A gzip bomb is not opened: bodies are not decoded at all.
  const auto coding = fields.all.find("content-encoding");
  if (coding != fields.all.end() && !equals_ignoring_case(coding->second, "identity"))
    return refuse(415, "Content-Encoding is not supported");
  return {};
}

tl::expected<void, Refusal> check_expect(const RawRequest& raw, const Fields& fields, CheckedRequest& checked) {
  const auto expect = fields.all.find("expect");
  if (expect == fields.all.end() || raw.version == 10) return {};
  if (!equals_ignoring_case(expect->second, "100-continue")) return refuse(417, "unknown expectation");
  checked.wants_continue = checked.body_size > 0;
  return {};
}

}  // namespace

tl::expected<HeadScanner::Step, Refusal> HeadScanner::consume(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto complete = take(static_cast<unsigned char>(bytes[i]));
    if (!complete) return tl::unexpected(complete.error());
    if (*complete) return Step{i + 1, true};
  }
  return Step{bytes.size(), false};
}

/// true once the empty line has ended.
tl::expected<bool, Refusal> HeadScanner::take(unsigned char byte) {
  // Endless header: the buffer has a maximum, whatever shape its bytes have.
  if (++size_ > limits_.head)
    return lines_ == 0 ? refuse(414, "the request line is too long") : refuse(431, "the header is too large");
  // A line ends at CR LF and nowhere else: two readers of a bare CR or LF see two different requests.
  if (after_cr_ != (byte == '\n')) return refuse(400, "a line must end with CR LF");
  if (byte == '\n') return end_line();
  after_cr_ = byte == '\r';
  if (after_cr_) return false;
  // NUL and ESC in values; also a TLS hello or another protocol on this port, told at once and not at the deadline.
  if (is_control(byte) && byte != '\t') return refuse(400, "control character in the header");
  // Folded lines (obs-fold) hide a field from one of two readers.
  if (line_ == 0 && (byte == ' ' || byte == '\t')) return refuse(400, "folded header line");
  ++line_;
  return false;
}

tl::expected<bool, Refusal> HeadScanner::end_line() {
  after_cr_ = false;
  if (line_ == 0 && lines_ == 0) return refuse(400, "empty line before the request");
  if (line_ == 0) return true;
  line_ = 0;
  if (++lines_ > limits_.fields + 1) return refuse(431, "too many header fields");
  return false;
}

tl::expected<Target, Refusal> parse_target(std::string_view target) {
  // Only the origin form: `http://elsewhere/` and `elsewhere:25` are asked of proxies, and a leading `//` is a host to
  // whoever builds a URL from it.
  if (target.empty() || target.front() != '/' || target.starts_with("//")) return refuse(400, "bad request target");
  for (const char c : target)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '#' || c == '\\')
      return refuse(400, "bad request target");
  const std::size_t mark = std::min(target.find('?'), target.size());
  std::optional<std::vector<std::string>> path = parse_path(target.substr(0, mark));
  if (!path) return refuse(400, "bad path");
  Target out;
  out.path = std::move(*path);
  if (mark < target.size() && !parse_query(target.substr(mark + 1), out.query)) return refuse(400, "bad query");
  return out;
}

tl::expected<CheckedRequest, Refusal> check_request(const RawRequest& raw, const HttpLimits& limits) {
  if (raw.version != 10 && raw.version != 11) return refuse(505, "HTTP/1.1 is spoken here");
  if (raw.fields.size() > limits.fields) return refuse(431, "too many header fields");
  // CONNECT, TRACE (it echoes secrets to scripts), PRI, 2 000 bytes of M. X-HTTP-Method-Override is read by nobody.
  if (!is_known_method(raw.method)) return refuse(501, "unknown method");
  tl::expected<Target, Refusal> target = parse_target(raw.target);
  if (!target) return tl::unexpected(target.error());
  Fields fields = gather(raw);
  if (auto fine = check_fields(raw, fields); !fine) return tl::unexpected(fine.error());
  const auto size = body_size(fields, limits);
  if (!size) return tl::unexpected(size.error());
  // A body on GET means nothing; to a proxy that thinks so, it is the next request.
  if (*size > 0 && (raw.method == "GET" || raw.method == "HEAD" || raw.method == "OPTIONS"))
    return refuse(400, "a body is not expected here");

  CheckedRequest checked;
  checked.body_size = *size;
  if (auto fine = check_expect(raw, fields, checked); !fine) return tl::unexpected(fine.error());
  checked.keep_alive =
      raw.version == 11 ? !has_token(fields, "connection", "close") : has_token(fields, "connection", "keep-alive");
  // RFC 9110 7.8: of this hop, and of no HTTP/1.0. One that a proxy passed on without knowing it would have it take the
  // frames of a WebSocket for answers.
  if (raw.version == 10 || !has_token(fields, "connection", "upgrade")) fields.all.erase("upgrade");
  checked.request.method = std::string(raw.method);
  checked.request.path = std::move(target->path);
  checked.request.query = std::move(target->query);
  checked.request.headers = std::move(fields.all);
  return checked;
}

}  // namespace maildrop::api
