/// webhook_sink.cc: the HTTP client, by cpp-httplib. What the server says is as hostile as any stranger's bytes.
#include "report/webhook_sink.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <utility>

#include "core/random.h"
#include "report/hmac.h"
#include "report/web_address.h"
#include "report/wire.h"
#include "service/stopper.h"

namespace maildrop::report {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostAnswer = 64 * 1024;  // bytes that are read of it, and dropped
constexpr std::size_t kIdDigits = 20;
// Behind the end, which somebody else sees to: the library's times begin anew with each byte.
constexpr std::chrono::seconds kMargin{1};

constexpr int kTooMuch = 413;

bool is_taken(int status) { return status >= 200 && status < 300; }
/// It would not answer anything else another time.
bool is_final(int status) { return is_taken(status) || status == 400 || status == kTooMuch || status == 422; }

class WebhookSink final : public Sink {
 public:
  WebhookSink(WebAddress web, const ReportSettings& settings, const Clock& clock)
      : web_(std::move(web)),
        secret_(settings.webhook_secret),
        may_be_private_(settings.webhook_private),
        timeout_(settings.webhook_timeout),
        clock_(clock) {}

  std::string_view name() const override { return "webhook"; }

  Result<std::size_t> write(std::span<const std::string> lines) override {
    const std::size_t unwanted = TRY(write_part(lines));
    answers_.clear();
    return unwanted;
  }

  void cancel() override {
    cancelled_ = true;
    wire_.cut();
  }

 private:
  Result<std::size_t> write_part(std::span<const std::string> lines) {
    const int status = TRY(send(lines));
    if (is_taken(status)) return 0;
    if (!is_final(status)) return fail(Code::unavailable, "'" + web_.host + "' answers " + std::to_string(status));
    if (status != kTooMuch || lines.size() == 1) return lines.size();
    // One that is not wanted is no reason to keep the others.
    const std::size_t first = TRY(write_part(lines.first(lines.size() / 2)));
    return first + TRY(write_part(lines.subspan(lines.size() / 2)));
  }

  /// What it answers, or has answered to the same before it failed at others.
  Result<int> send(std::span<const std::string> lines) {
    std::string body;
    for (const std::string& line : lines) body += line;
    const std::string id = hmac_sha256(id_key_, body).substr(0, kIdDigits);
    if (const auto known = answers_.find(id); known != answers_.end()) return known->second;
    const int status = TRY(post(body, id));
    if (is_final(status)) answers_.emplace(id, status);
    return status;
  }

  Result<int> post(const std::string& body, const std::string& id) {
    const Monotonic end = Steady::now() + timeout_;
    const auto found = find_addresses(web_, may_be_private_, end, cancelled_);
    if (!found) return fail(Code::unavailable, found.error().what);
    const std::unique_ptr<httplib::ClientImpl> client = make_client();
    // One that was looked at, and none that the name may have a moment later; after a failure the next one.
    client->set_hostname_addr_map({{web_.host, (*found)[failures_ % found->size()].to_string()}});
    const auto left = std::max(std::chrono::duration_cast<Millis>(end - Steady::now()), Millis(1));
    client->set_connection_timeout(left);
    client->set_read_timeout(left + kMargin);
    client->set_write_timeout(left + kMargin);
    client->set_socket_options([this](int socket) { wire_.follow(socket); });
    // Not by the library's own stop(): that waits for a handshake, which may drip for ever.
    service::Stopper stopper(end, [this] { wire_.break_off(); });
    const int status = status_of(*client, body, id);
    wire_.forget();
    if (status == 0) ++failures_;
    if (status != 0) return status;
    if (stopper.expired() || Steady::now() >= end || cancelled_)
      return fail(Code::timed_out, "no answer of '" + web_.host + "' in time");
    return fail(Code::unavailable, "no answer of '" + web_.host + "' over HTTP");
  }

  /// By host and port: of a URL the library does not know all forms.
  std::unique_ptr<httplib::ClientImpl> make_client() const {
    std::unique_ptr<httplib::ClientImpl> client;
    if (web_.secure)
      client = std::make_unique<httplib::SSLClient>(web_.host, web_.port);
    else
      client = std::make_unique<httplib::ClientImpl>(web_.host, web_.port);
    client->set_follow_location(false);
    client->set_decompress(false);
    client->set_url_encode(false);
    return client;
  }

  /// 0: none came.
  int status_of(httplib::ClientImpl& client, const std::string& body, const std::string& id) {
    httplib::Request request;
    request.method = "POST";
    request.path = web_.target;
    request.headers = fields(body, id);
    request.body = body;
    int status = 0;
    request.response_handler = [&status](const httplib::Response& answer) {
      status = answer.status;
      return true;
    };
    std::size_t size = 0;
    request.content_receiver = [&size](const char*, std::size_t n, std::uint64_t, std::uint64_t) {
      return (size += n) <= kMostAnswer;
    };
    const httplib::Result answer = client.send(request);
    return answer ? answer->status : status;  // what is broken off behind it was said
  }

  httplib::Headers fields(const std::string& body, const std::string& id) const {
    httplib::Headers fields{{"Host", web_.authority},
                            {"Content-Type", "application/x-ndjson"},
                            {"User-Agent", "maildrop"},
                            {"Maildrop-Delivery", id}};
    if (secret_.empty()) return fields;
    const std::string time = std::to_string(to_millis(clock_.now()) / 1000);
    fields.emplace("Maildrop-Signature", "t=" + time + ",v1=" + hmac_sha256(secret_, time + "." + body));
    return fields;
  }

  const WebAddress web_;
  const std::string secret_;
  const bool may_be_private_;
  const Millis timeout_;
  const Clock& clock_;
  const std::string id_key_ = random_name(32);  // ids are of what is sent, and tell nobody else anything
  std::map<std::string, int> answers_;          // that hold, by id: to parts of what comes again as a whole
  std::size_t failures_ = 0;
  std::atomic<bool> cancelled_ = false;
  Wire wire_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_webhook_sink(const ReportSettings& settings, const Clock& clock) {
  WebAddress web = TRY(WebAddress::parse(settings.webhook));
  return std::make_unique<WebhookSink>(std::move(web), settings, clock);
}

}  // namespace maildrop::report
