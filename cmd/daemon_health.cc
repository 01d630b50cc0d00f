/// daemon_health.cc: WATCHDOG=1 and STATUS=.
#include "daemon_health.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "core/config.h"
#include "core/log.h"
#include "core/text.h"
#include "service/notify.h"

namespace maildrop::cmd {

namespace {

constexpr Millis kRound{10'000};  // from one heartbeat to the next where nobody says how often; /livez goes by it, too
constexpr Millis kTellEach{5'000};  // of the status
constexpr int kRoundsInPeriod = 3;  // so that one that comes late ends nobody

constexpr std::string_view kDeliveries = "maildrop_deliveries_total";
constexpr std::string_view kStored = "result=\"stored\"";

Millis round_time() {
  const Millis period = service::watchdog_period();
  return period == Millis(0) ? kRound : std::clamp(period / kRoundsInPeriod, Millis(10), kRound);
}

}  // namespace

MessageRate::MessageRate(const metrics::Registry& metrics, const Clock& clock)
    : metrics_(metrics), clock_(clock), stored_(metrics.total(kDeliveries, kStored)), at_(clock.monotonic()) {}

double MessageRate::since_last() {
  const Monotonic now = clock_.monotonic();
  const std::uint64_t stored = metrics_.total(kDeliveries, kStored);
  const double seconds = std::chrono::duration<double>(now - std::exchange(at_, now)).count();
  const auto more = static_cast<double>(stored - std::exchange(stored_, stored));
  return seconds > 0 ? more / seconds : 0;
}

std::string state_in_words(const StateParts& parts, double rate, const std::string& impaired) {
  std::string text;
  if (parts.smtp) text += std::to_string(parts.smtp->connections()) + " SMTP connections, ";
  if (parts.http) text += std::to_string(parts.http->connections()) + " HTTP connections, ";
  if (parts.smtp) text += format_number(std::round(rate * 10) / 10) + " messages/s, ";
  const Result<void> ready = parts.store.ready();
  text += ready ? "store ok" : "store fails: " + ready.error().what;
  if (parts.filters && parts.filters->dns_answers()) text += ", DNS ok";
  for (const std::string_view line : split(impaired, '\n'))
    if (!line.empty()) text.append(", ").append(line);
  return text;
}

DaemonHealth::DaemonHealth(Parts parts) : state_(std::move(parts.state)) {
  if (service::is_supervised()) telling_ = std::thread([this] { tell_state(); });
  heartbeat_ = std::make_unique<service::Heartbeat>(parts.loops, std::move(parts.threads), std::move(parts.bells),
                                                    round_time(), [this](const std::string& stuck) { told(stuck); });
}

DaemonHealth::~DaemonHealth() {
  end_rounds();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (telling_.joinable()) telling_.join();
}

void DaemonHealth::end_rounds() { heartbeat_.reset(); }

std::string DaemonHealth::stuck() const {
  const std::lock_guard lock(mutex_);
  return stuck_;
}

void DaemonHealth::now(std::string what) {
  {
    const std::lock_guard lock(mutex_);
    what_ = std::move(what);
    renewed_ = true;
  }
  changed_.notify_all();
}

void DaemonHealth::told(const std::string& stuck) {
  if (stuck.empty()) service::notify_watchdog();
  log::settle();
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(stuck_, stuck);
    if (before != stuck) renewed_ = true;
  }
  changed_.notify_all();
  if (!stuck.empty()) log::error("hangs", {{"what", stuck}});
  if (stuck.empty() && !before.empty()) log::info("goes on again");
}

void DaemonHealth::tell_state() {
  std::string last;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    renewed_ = false;
    std::string status = stuck_.empty() ? what_ : "hangs: " + stuck_;
    lock.unlock();
    try {
      status += ": " + state_();
      if (status != last) service::notify_status(status);
      last = std::move(status);
    } catch (const std::exception&) {  // out of memory: the next one
    }
    lock.lock();
    changed_.wait_for(lock, kTellEach, [this] { return ending_ || renewed_; });
  }
}

}  // namespace maildrop::cmd
