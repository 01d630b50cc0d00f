/// http_lane.cc: deadlines of a loop's connections; the end of a server.
#include "api/http_lane.h"

#include <netinet/in.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "api/answer.h"
#include "api/forwarded.h"
#include "api/http_connection.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kSlack = 16 * 1024;  // unused bytes behind an answer that are not worth a copy

/// Counts are of the start, whom they spare is of the settings in force.
service::AdmissionLimits admission_limits(const ApiSettings& at_start, const Config& in_force) {
  service::AdmissionLimits limits;
  limits.total = at_start.connections;
  limits.per_ipv4 = at_start.connections_per_source;
  limits.per_ipv6_64 = at_start.connections_per_source;
  limits.exempt = in_force.limits.exempt;
  limits.exempt.insert(limits.exempt.end(), in_force.api.proxies.begin(), in_force.api.proxies.end());
  return limits;
}

RateLimits rate_limits(const Config& config, bool shared) {
  return {config.api.request_rate, config.api.inbox_rate, config.limits.ledger, shared};
}

/// Proxies are not spared: it is their clients that wait.
service::AdmissionLimits watch_limits(const ApiSettings& at_start, const Config& in_force) {
  service::AdmissionLimits limits = admission_limits(at_start, in_force);
  limits.total = at_start.watchers;
  limits.exempt = in_force.limits.exempt;
  return limits;
}

std::size_t size_of(const Response& response) {
  std::size_t size = response.body.capacity();
  if (response.later)
    for (const std::string& frame : response.later->frames) size += frame.capacity();
  return size;
}

/// Often enough that a deadline is met within a quarter of itself.
Millis sweep_period(const ApiSettings& settings) {
  const Millis shortest = std::min({settings.request_timeout, settings.write_timeout, settings.idle_timeout});
  return std::clamp(shortest / 4, Millis(10), Millis(1000));
}

}  // namespace

HttpShared::HttpShared(service::Offload& workers, Context& its_context, bool has_ledger)
    : settings(its_context.config.api),
      shares_rates(has_ledger),
      offload(workers),
      context(its_context),
      admission(admission_limits(settings, its_context.config)),
      memory(its_context.config.api.memory),
      rates(std::make_shared<Rates>(its_context.clock, rate_limits(its_context.config, shares_rates))),
      seconds(
          its_context.metrics.histogram("maildrop_http_request_seconds", "Time from an HTTP request to its answer")),
      repeated(its_context.metrics.counter("maildrop_http_repeated_total",
                                           "HTTP requests that had the answer of one before (api.answer_cache)")),
      connections(its_context.metrics.gauge("maildrop_http_connections", "Open HTTP connections")),
      watchers(its_context.metrics.gauge("maildrop_http_watchers", "HTTP requests that wait for news")),
      watching(watch_limits(settings, its_context.config)),
      config_(std::make_shared<const Config>(its_context.config)) {
  static constexpr std::string_view kLabels[] = {"status=\"1xx\"", "status=\"2xx\"", "status=\"3xx\"", "status=\"4xx\"",
                                                 "status=\"5xx\""};
  for (std::size_t i = 0; i < statuses_.size(); ++i)
    statuses_[i] = &context.metrics.counter("maildrop_http_requests_total",
                                            "HTTP requests by the class of their status", kLabels[i]);
  static constexpr std::string_view kRates[] = {"of=\"client\"", "of=\"network\"", "of=\"inbox\""};
  for (std::size_t i = 0; i < rate_limited_.size(); ++i)
    rate_limited_[i] = &context.metrics.counter("maildrop_http_rate_limited_total",
                                                "HTTP requests refused with 429, by whose rate was used up", kRates[i]);
}

std::shared_ptr<const Config> HttpShared::config() {
  const std::lock_guard lock(mutex_);
  return config_;
}

Response HttpShared::refuse(const Request& request, const Fault& fault) {
  return refuse_with(request, fault, *config(), context.admin);
}

Response HttpShared::answer(const Request& request, const Route* route, AnswerRoom& room, Rates::Answer& spent) {
  const std::shared_ptr<const Config> in_force = config();
  MeteredInboxes inboxes(context.inboxes, room, route ? route->growth : Growth(), in_force->mail.max_size,
                         route && route->verdicts);
  const TakeRate take_rate = [&, first = true](const std::string& inbox) mutable -> std::optional<Fault> {
    spent = take_more(request.client, inbox, std::exchange(first, false));
    return spent.granted ? std::nullopt : std::optional(over_rate(spent));
  };
  Context with{inboxes,
               context.store,
               *in_force,
               context.clock,
               context.metrics,
               context.takes_mail,
               context.impaired,
               context.stuck,
               context.ask_dns,
               context.watch,
               &take_rate,
               context.statistics,
               context.statistics_watch,
               context.admin,
               context.canary};
  Response response = dispatch(request, with);
  if (response.body.capacity() - response.body.size() > kSlack) response.body.shrink_to_fit();
  const bool fits = room.take(size_of(response));
  if (fits && !inboxes.refused()) return response;
  return refuse_with(request, no_room(), *in_force, context.admin);
}

std::optional<AnswerState> HttpShared::state() const {
  const std::uint64_t applied = applied_;
  const std::optional<store::ChangeMark> mark = context.store.change_mark();
  return mark ? std::optional(AnswerState{*mark, applied}) : std::nullopt;
}

IpAddress HttpShared::client_of(const Request& request, const IpAddress& peer) {
  const bool of_unix_socket = peer == IpAddress();
  const std::shared_ptr<const Config> in_force = config();
  const ApiSettings& now = in_force->api;
  if (of_unix_socket && !now.proxy_unix_sockets) return peer;
  const bool standard = now.proxy_field == ApiSettings::ProxyField::forwarded;
  const auto field = request.headers.find(standard ? "forwarded" : "x-forwarded-for");
  if (field == request.headers.end()) return peer;
  if (!of_unix_socket) return forwarded_client(peer, field->second, now.proxy_field, now.proxies);
  // It has no address: one stands for it, and is none of a client, whatever the field holds.
  static const IpAddress stand_in = IpAddress::from_v4(INADDR_LOOPBACK);
  static const Network of_stand_in = Network::parse(stand_in.to_string()).value();
  std::vector<Network> proxies = now.proxies;
  proxies.push_back(of_stand_in);
  const IpAddress client = forwarded_client(stand_in, field->second, now.proxy_field, proxies);
  return client == stand_in ? peer : client;
}

std::shared_ptr<Budget> HttpShared::budget_of(const IpAddress& source) {
  if (source == IpAddress()) return nullptr;  // a unix socket
  if (contains(config()->limits.exempt, source)) return nullptr;
  return memory.source(source);
}

Rates::Answer HttpShared::take(const Request& request, const Route* route, const IpAddress& client) {
  if (request.method == "OPTIONS" || (route && route->free)) return {};
  const std::shared_ptr<const Config> in_force = config();
  if (!is_rated(client, *in_force)) return {};
  const Rates::Answer answer =
      rates->take(client, route && in_force->api.inbox_rate > 0 ? inbox_of(request, *route, in_force->inbox) : "");
  if (!answer.granted) rate_limited_[static_cast<std::size_t>(answer.of)]->add();
  return answer;
}

Rates::Answer HttpShared::take_more(const IpAddress& client, const std::string& inbox, bool first) {
  const std::shared_ptr<const Config> in_force = config();
  if (!is_rated(client, *in_force)) return {};
  const Rates::Answer answer = first ? rates->take(inbox) : rates->take(client, inbox);
  if (!answer.granted) rate_limited_[static_cast<std::size_t>(answer.of)]->add();
  return answer;
}

bool HttpShared::is_rated(const IpAddress& client, const Config& in_force) const {
  return client != IpAddress() && !contains(in_force.limits.exempt, client);  // a unix socket's have no address
}

void HttpShared::apply(const Config& config) {
  auto next = std::make_shared<const Config>(config);
  admission.apply(admission_limits(settings, *next));
  watching.apply(watch_limits(settings, *next));
  rates->apply(rate_limits(*next, shares_rates));
  const std::lock_guard lock(mutex_);
  config_ = std::move(next);
  ++applied_;
}

void HttpShared::leave() {
  if (--alive_ != 0 || !draining_) return;
  std::function<void()> done;
  {
    const std::lock_guard lock(mutex_);
    done = std::exchange(done_, nullptr);
  }
  if (done) done();
}

void HttpShared::drain(std::function<void()> done, std::vector<std::string> left) {
  {
    const std::lock_guard lock(mutex_);
    done_ = std::move(done);
  }
  left_ = std::move(left);
  draining_ = true;
}

void HttpShared::job_begins() {
  const std::lock_guard lock(mutex_);
  ++jobs_;
}

void HttpShared::job_ends() {
  const std::lock_guard lock(mutex_);
  if (--jobs_ == 0) idle_.notify_all();
}

void HttpShared::wait_for_jobs() {
  ending_ = true;
  std::unique_lock lock(mutex_);
  done_ = nullptr;
  idle_.wait(lock, [this] { return jobs_ == 0; });
}

Fault no_room() { return {503, "too many answers wait for their readers, try again later", "api.memory is used up"}; }

HttpLane::HttpLane(boost::asio::io_context& context, std::shared_ptr<HttpShared> its_shared, std::uint64_t answers_size)
    : io(context),
      shared(std::move(its_shared)),
      buffer(std::make_unique<std::array<char, kBufferSize>>()),
      answers(answers_size),
      timer_(context.get_executor()),
      period_(sweep_period(shared->settings)) {}

std::shared_ptr<const KeptAnswer> HttpLane::kept(std::string_view request) {
  if (answers.empty()) return nullptr;
  const std::optional<AnswerState> state = shared->state();
  return state ? answers.find(request, *state, std::chrono::steady_clock::now()) : nullptr;
}

void HttpLane::add(HttpConnection* connection) {
  if (!armed_) arm();  // first: a connection whose constructor throws must not be in the list
  connection->place = connections_.insert(connections_.end(), connection);
}

void HttpLane::remove(HttpConnection* connection) {
  connections_.erase(connection->place);
  if (connections_.empty()) answers.clear();                        // nobody looks after them
  if (connections_.empty() && shared->draining()) timer_.cancel();  // nothing keeps the loop running
}

void HttpLane::arm() {
  timer_.expires_after(period_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) { self->sweep(); });
  armed_ = true;  // last: what throws before it leaves the arming to the next connection
}

void HttpLane::sweep() {
  armed_ = false;
  const Monotonic now = std::chrono::steady_clock::now();
  for (HttpConnection* each : connections_) each->check_deadline(now);
  answers.expire(now);
  if (!connections_.empty()) arm();
}

void HttpLane::drain() {
  for (const auto& close : doors) close();
  doors.clear();
  for (HttpConnection* each : connections_) each->drain();
  if (connections_.empty()) timer_.cancel();
}

}  // namespace maildrop::api
