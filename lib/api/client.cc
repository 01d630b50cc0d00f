/// client.cc: the HTTP client, by cpp-httplib. What the server says is as hostile as any stranger's bytes.
#include "api/client.h"

#include <httplib.h>
#include <netdb.h>

#include <algorithm>
#include <cfloat>
#include <charconv>
#include <chrono>
#include <cmath>
#include <mutex>
#include <utility>

#include "api/json.h"
#include "api/statistics_json.h"
#include "api/verdicts.h"
#include "core/parse_time.h"
#include "core/text.h"
#include "service/stopper.h"

namespace maildrop::api {

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kDeadline{10};   // a request: the library's timeouts begin anew with each byte
constexpr std::size_t kMaxMessage = 64u << 20;  // bytes of a raw message
constexpr std::size_t kMaxJson = 16u << 20;     // bytes; a tree of them takes several times as many

struct Url {
  std::string host;       // without brackets
  std::string authority;  // as in the Host field
  int port = 80;
  std::string prefix;  // empty, or `/x/y`
};

Result<Url> parse_url(const std::string& text) {
  const auto bad = [&text](std::string_view why) {
    return fail(Code::invalid, "bad URL '" + text + "': " + std::string(why));
  };
  static constexpr std::string_view kScheme = "http://";
  if (text.starts_with("https://")) return bad("https is not supported; use http through a tunnel or local proxy");
  if (!text.starts_with(kScheme)) return bad("it must start with http://");
  const bool odd = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7f; });
  if (odd || text.find_first_of("?#@\\") != std::string::npos) return bad("it must be http://host:port/prefix");
  Url url;
  const std::size_t slash = std::min(text.find('/', kScheme.size()), text.size());
  url.authority = text.substr(kScheme.size(), slash - kScheme.size());
  url.prefix = text.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();
  std::string_view host = url.authority;
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view port = host.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port < 1 || url.port > 65535)
      return bad("the port must be 1..65535");
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad("there is no host");
  url.host = std::string(host);
  return url;
}

std::string encoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain)
      out += static_cast<char>(c);
    else
      out.append("%").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
  }
  return out;
}

Result<store::Summary> parse_summary(const Json& object) {
  if (!object.is_object()) return fail(Code::corrupt, "the answer holds no message");
  const Result<store::MessageId> id = store::MessageId::parse(text_at(object, "id"));
  const std::optional<Time> received = parse_rfc3339(text_at(object, "received"));
  if (!id || !received) return fail(Code::corrupt, "the answer holds a message without id or time");
  store::Summary summary;
  summary.id = *id;
  summary.received = *received;
  summary.from = text_at(object, "from");
  summary.to = text_at(object, "to");
  summary.header_from = text_at(object, "header_from");
  summary.subject = text_at(object, "subject");
  summary.helo = text_at(object, "helo");
  summary.peer = text_at(object, "peer");
  summary.tls = text_at(object, "tls");
  summary.date = parse_rfc3339(text_at(object, "date"));
  const auto size = object.find("size");
  if (size != object.end() && size->is_number_unsigned()) summary.size = size->get<std::uint64_t>();
  summary.mark = store::mark_named(text_at(object, "mark")).value_or(store::Mark::none);
  const auto score = object.find("score");
  if (score != object.end() && score->is_number() && std::abs(score->get<double>()) <= FLT_MAX)
    summary.score = score->get<float>();
  return summary;
}

/// A status of 4xx is as permanent as what was asked; what goes away by itself is named.
Result<void> check_status(int status, const std::string& authority) {
  if (status == 200 || status == 204) return {};
  if (status == 404) return fail(Code::not_found, "no such message");
  if (status == 403) return fail(Code::invalid, "the server says that this inbox is reserved");
  if (status == 429) return fail(Code::over_limit, "the server says that there are too many requests");
  if (status == 421) return fail(Code::invalid, "the server does not serve '" + authority + "': see its api.hosts");
  if (status == 400) return fail(Code::invalid, "the server refuses the name or the request");
  const std::string answers = "the server answers " + std::to_string(status);
  if (status == 408) return fail(Code::timed_out, answers);
  if (status >= 500) return fail(Code::unavailable, answers);
  return fail(status >= 400 ? Code::invalid : Code::corrupt, answers);
}

/// The library's to_string() gives the names of its enumerators.
std::string_view words_for(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection: return "no connection";
    case httplib::Error::ConnectionTimeout: return "no connection in time";
    case httplib::Error::BindIPAddress: return "no address to connect from";
    case httplib::Error::Read: return "the answer broke off";
    case httplib::Error::Write: return "the request could not be sent";
    default: return "the answer is not HTTP that can be understood";
  }
}

class HttpClient : public Client {
 public:
  HttpClient(Url url, Resolve by) : url_(std::move(url)), resolve_(std::move(by)), client_(url_.host, url_.port) {
    client_.set_follow_location(false);
    client_.set_decompress(false);  // a bomb stays packed
    client_.set_url_encode(false);
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
  }

  void end_by(Steady::time_point moment) override {
    const std::lock_guard lock(mutex_);
    end_ = moment;
  }

  Result<std::vector<store::Summary>> list(const mail::Inbox& inbox, const store::Query& query) override {
    if (query.limit == 0) return std::vector<store::Summary>();
    std::string path = path_of(inbox) + "?quarantined=" + std::string(store::name_of(query.quarantined));
    if (query.limit < SIZE_MAX - query.offset) path += "&limit=" + std::to_string(query.limit + query.offset);
    auto body = call("GET", path, kMaxJson);
    if (!body && body.error().code == Code::not_found)
      return fail(Code::not_found, "there are no mailboxes at 'http://" + url_.authority + url_.prefix + "'");
    if (!body) return tl::unexpected(body.error());
    const Json answer = TRY(parse_json(*body));
    if (!answer.is_object() || !answer.contains("messages") || !answer["messages"].is_array())
      return fail(Code::corrupt, "the answer is not a list of messages");
    std::vector<store::Summary> out;
    const Json& messages = answer["messages"];
    for (std::size_t i = query.offset; i < messages.size() && out.size() < query.limit; ++i)
      out.push_back(TRY(parse_summary(messages[i])));
    return out;
  }

  Result<store::Message> get(const mail::Inbox& inbox, const store::MessageId& id) override {
    const std::string path = path_of(inbox) + "/" + id.text();
    store::Message message;
    const std::string text = TRY(call("GET", path, kMaxJson));
    const Json answer = TRY(parse_json(text));
    message.summary = TRY(parse_summary(answer));
    if (message.summary.id != id) return fail(Code::corrupt, "the server answers with another message");
    message.data = TRY(call("GET", path + "/raw", kMaxMessage));
    return message;
  }

  Result<std::string> verdicts(const mail::Inbox& inbox, const store::MessageId& id) override {
    const std::string text = TRY(call("GET", path_of(inbox) + "/" + id.text() + "/verdicts", kMaxJson));
    const Json answer = TRY(parse_json(text));
    const filter::Trace trace = TRY(parse_trace(answer));
    return filter::format_trace(trace);
  }

  Result<Plot> statistics(std::size_t hours) override {
    auto body = call("GET", url_.prefix + "/api/v3/statistics?hours=" + std::to_string(hours), kMaxJson);
    if (!body && body.error().code == Code::not_found)
      return fail(Code::not_found, "there are no statistics at 'http://" + url_.authority + url_.prefix + "'");
    if (!body) return tl::unexpected(body.error());
    return parse_plot(TRY(parse_json(*body)));
  }

  Result<std::string> ask_dns(const std::string& name, const std::string& type) override {
    auto answer = call("GET", url_.prefix + "/dns/" + encoded(name) + "/" + encoded(type), kMaxJson);
    if (answer || answer.error().code != Code::not_found) return answer;
    return fail(
        Code::not_found,
        "the server at '" + url_.authority +
            "' tells nothing of the DNS: api.dns is not set there, it has no filters, or it is on another machine");
  }

  Result<bool> remove(const mail::Inbox& inbox, const store::MessageId& id) override {
    const auto answer = call("DELETE", path_of(inbox) + "/" + id.text(), kMaxJson);
    if (answer) return true;
    if (answer.error().code == Code::not_found) return false;
    return tl::unexpected(answer.error());
  }

 private:
  std::string path_of(const mail::Inbox& inbox) const {
    return url_.prefix + "/api/v3/mailboxes/" + encoded(inbox.name());
  }

  /// The body of a good answer.
  Result<std::string> call(const char* method, const std::string& path, std::size_t max) {
    try {
      return exchange(method, path, max);
    } catch (const std::exception& error) {  // no memory, no thread
      return fail(Code::internal, std::string("cannot ask the server: ") + error.what());
    }
  }

  Result<std::string> exchange(const char* method, const std::string& path, std::size_t max) {
    const std::lock_guard lock(mutex_);
    if (client_.is_socket_open() == 0) addresses_ = TRY(resolve_(url_.host));
    const Steady::time_point now = Steady::now();
    const milliseconds time = std::chrono::ceil<milliseconds>(std::min<Steady::duration>(end_ - now, kDeadline));
    if (time <= milliseconds(0)) return fail(Code::timed_out, "no time left to ask '" + url_.authority + "'");
    client_.set_read_timeout(time);
    client_.set_write_timeout(time);
    std::string body;
    bool too_large = false;
    httplib::Request request;
    request.method = method;
    request.path = path;
    // Constants and checked names only: this library writes header values as they are, CR LF included.
    request.headers = {{"Host", url_.authority}, {"Accept-Encoding", "identity"}};
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      too_large = body.size() + size > max;
      if (!too_large) body.append(data, size);
      return !too_large;
    };
    service::Stopper watch(now + time, [this] { client_.stop(); });  // a server that drips would hold us for ever
    const httplib::Result result = send(request, now + time);
    if (too_large) return fail(Code::corrupt, "the answer is larger than " + format_size(max));
    if (watch.expired() || (!result && result.error() == httplib::Error::ConnectionTimeout)) {
      const auto told = time < std::chrono::seconds(1) ? time : std::chrono::ceil<std::chrono::seconds>(time);
      return fail(Code::timed_out, "no answer from '" + url_.authority + "' within " + format_duration(told));
    }
    if (!result)
      return fail(Code::unavailable,
                  "cannot reach '" + url_.authority + "': " + std::string(words_for(result.error())));
    TRY(check_status(result->status, url_.authority));
    return body;
  }

  /// The library gives its time for connecting to each address of a name anew, and cannot be stopped meanwhile. So it
  /// gets one address at a time, with its share of what is left. The Host field stays the name.
  httplib::Result send(const httplib::Request& request, Steady::time_point end) {
    for (std::size_t left = addresses_.size();; --left) {
      client_.set_hostname_addr_map({{url_.host, addresses_[addresses_.size() - left]}});
      const Steady::duration share = std::max<Steady::duration>((end - Steady::now()) / left, milliseconds(1));
      client_.set_connection_timeout(std::chrono::ceil<milliseconds>(share));
      httplib::Result result = client_.send(request);
      const bool connected = result || (result.error() != httplib::Error::Connection &&
                                        result.error() != httplib::Error::ConnectionTimeout);
      if (connected || left == 1) return result;
    }
  }

  const Url url_;
  const Resolve resolve_;
  std::mutex mutex_;  // one connection, one call at a time
  Steady::time_point end_ = Steady::time_point::max();
  std::vector<std::string> addresses_;  // as of the last look-up; one at least
  httplib::Client client_;
};

}  // namespace

Result<std::vector<std::string>> resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &all);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(all, freeaddrinfo);
  std::vector<std::string> numbers;
  for (const addrinfo* each = error == 0 ? all : nullptr; each; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0 &&
        std::find(numbers.begin(), numbers.end(), text) == numbers.end())
      numbers.emplace_back(text);
  }
  if (!numbers.empty()) return numbers;
  return fail(Code::unavailable, "cannot find '" + host + "': " + (error != 0 ? gai_strerror(error) : "no address"));
}

Result<std::unique_ptr<Client>> open_client(const std::string& url, Resolve by) {
  Url parsed = TRY(parse_url(url));
  return std::unique_ptr<Client>(std::make_unique<HttpClient>(std::move(parsed), std::move(by)));
}

}  // namespace maildrop::api
