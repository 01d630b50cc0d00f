/// webhook_sink.cc: the HTTP client, by cpp-httplib. What the server says is as hostile as any stranger's bytes.
#include "report/webhook_sink.h"

#include <httplib.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "core/random.h"
#include "report/hmac.h"
#include "report/web_address.h"
#include "service/stopper.h"

namespace maildrop::report {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostAnswer = 64 * 1024;  // bytes that are read of it, and dropped
constexpr std::size_t kIdBytes = 10;
constexpr std::chrono::seconds kMargin{
    1};  // behind the end, which somebody else sees to: these begin anew with each byte

class WebhookSink final : public Sink {
 public:
  WebhookSink(WebAddress web, const ReportSettings& settings, const Clock& clock)
      : web_(std::move(web)),
        secret_(settings.webhook_secret),
        may_be_private_(settings.webhook_private),
        timeout_(settings.webhook_timeout),
        clock_(clock) {}

  std::string_view name() const override { return "webhook"; }

  Result<void> write(std::span<const std::string> lines) override {
    std::string body;
    for (const std::string& line : lines) body += line;
    if (body != last_body_) id_ = random_name(kIdBytes);
    last_body_ = std::move(body);
    Result<void> written = post();
    // Where it is wrong itself all decisions are, and not these.
    if (written || written.error().code == Code::invalid) last_body_.clear();
    return written;
  }

  void cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (stopper_) stopper_->expire();
  }

 private:
  Result<void> post() {
    const Monotonic end = Steady::now() + timeout_;
    const Result<IpAddress> address = find_address(web_, may_be_private_, end);
    if (!address) return fail(Code::unavailable, address.error().what);
    httplib::Client client(web_.origin);
    // The address that was looked at, and no other one that the name may have a moment later.
    client.set_hostname_addr_map({{web_.host, address->to_string()}});
    client.set_follow_location(false);
    client.set_decompress(false);
    client.set_url_encode(false);
    const auto left = std::max(std::chrono::duration_cast<Millis>(end - Steady::now()), Millis(1));
    client.set_connection_timeout(left);  // the one wait that cannot be stopped
    client.set_read_timeout(left + kMargin);
    client.set_write_timeout(left + kMargin);
    const Bounded bounded(*this, client, end);
    Result<void> sent = send(client);
    if (!sent && (bounded.late() || Steady::now() >= end))
      return fail(Code::timed_out, "no answer of '" + web_.host + "' in time");
    return sent;
  }

  /// While it lives, what the client does ends at `end`, or when we are cancelled.
  class Bounded {
   public:
    Bounded(WebhookSink& sink, httplib::Client& client, Monotonic end) : sink_(sink) {
      const std::lock_guard lock(sink_.mutex_);
      sink_.stopper_.emplace(sink_.cancelled_ ? Monotonic::min() : end, [&client] { client.stop(); });
    }
    ~Bounded() {
      const std::lock_guard lock(sink_.mutex_);
      sink_.stopper_.reset();
    }
    Bounded(const Bounded&) = delete;
    bool late() const { return sink_.stopper_->expired(); }

   private:
    WebhookSink& sink_;
  };

  Result<void> send(httplib::Client& client) {
    httplib::Request request;
    request.method = "POST";
    request.path = web_.target;
    request.headers = fields();
    request.body = last_body_;
    std::size_t size = 0;
    request.content_receiver = [&size](const char*, std::size_t n, std::uint64_t, std::uint64_t) {
      return (size += n) <= kMostAnswer;
    };
    const httplib::Result answer = client.send(request);
    if (!answer) return fail(Code::unavailable, "no answer of '" + web_.host + "' over HTTP");
    const int status = answer->status;
    if (status >= 200 && status < 300) return {};
    const bool unwanted = status == 400 || status == 413 || status == 422;
    return fail(unwanted ? Code::invalid : Code::unavailable, "'" + web_.host + "' answers " + std::to_string(status));
  }

  httplib::Headers fields() const {
    httplib::Headers fields{
        {"Content-Type", "application/x-ndjson"}, {"User-Agent", "maildrop"}, {"Maildrop-Delivery", id_}};
    if (secret_.empty()) return fields;
    const std::string time = std::to_string(to_millis(clock_.now()) / 1000);
    fields.emplace("Maildrop-Signature", "t=" + time + ",v1=" + hmac_sha256(secret_, time + "." + last_body_));
    return fields;
  }

  const WebAddress web_;
  const std::string secret_;
  const bool may_be_private_;
  const Millis timeout_;
  const Clock& clock_;
  std::string last_body_;  // that was not taken yet
  std::string id_;         // of it
  std::mutex mutex_;       // of what follows
  bool cancelled_ = false;
  std::optional<service::Stopper> stopper_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_webhook_sink(const ReportSettings& settings, const Clock& clock) {
  WebAddress web = TRY(WebAddress::parse(settings.webhook));
  return std::make_unique<WebhookSink>(std::move(web), settings, clock);
}

}  // namespace maildrop::report
