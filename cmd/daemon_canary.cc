/// daemon_canary.cc: where a daemon's canaries go in, and what is said of them.
#include "daemon_canary.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace maildrop::cmd {

namespace {

using api::CanaryAnswer;

constexpr std::string_view kCanaries = "maildrop_canaries_total";
constexpr std::string_view kCanariesHelp = "Messages that were sent for /readyz?deep=1, by whether they came back";

/// By the step that failed.
constexpr std::array<std::string_view, smtp::kCanarySteps> kCanaryPhrases{
    "the inbox of a test message cannot be read",
    "the SMTP server does not take a connection",
    "a test message could not be delivered",
    "a test message was delivered and cannot be read",
    "a test message was delivered and read, and cannot be removed",
    "a test message was delivered, read and removed, and is still there",
};

/// What they really are; what is no address that can be connected to is left out.
std::vector<Endpoint> addresses_of(const service::ListenersByLoop& listeners) {
  std::vector<Endpoint> all;
  for (const auto& of_loop : listeners) {
    for (const service::Listener& each : of_loop) {
      const Result<Endpoint> at = Endpoint::parse(each.name());
      if (at && std::find(all.begin(), all.end(), *at) == all.end()) all.push_back(*at);
    }
  }
  return all;
}

CanaryAnswer impossible(std::string_view phrase, std::string why = {}) {
  return {CanaryAnswer::Kind::impossible, phrase, std::move(why)};
}

}  // namespace

DaemonCanary::DaemonCanary(const Parts& parts, const Config& config, const smtp::ServerListeners* own)
    : parts_(parts),
      has_own_(own != nullptr),
      smtp_(own ? addresses_of(own->plain) : std::vector<Endpoint>()),
      lmtp_(own ? addresses_of(own->lmtp) : std::vector<Endpoint>()),
      seconds_(parts.metrics.histogram("maildrop_canary_seconds",
                                       "How long the messages of /readyz?deep=1 took until they were removed again")),
      well_(parts.metrics.counter(kCanaries, kCanariesHelp, "result=\"well\"")),
      failed_(parts.metrics.counter(kCanaries, kCanariesHelp, "result=\"failed\"")),
      terms_(terms_of(config)),
      desk_([this] { return send(); }, parts.clock),
      ask_([this] { return answer(); }) {}

void DaemonCanary::apply(const Config& config) {
  auto next = terms_of(config);
  const std::lock_guard lock(mutex_);
  terms_ = std::move(next);
}

std::shared_ptr<const DaemonCanary::Terms> DaemonCanary::terms_of(const Config& config) const {
  auto made = std::make_shared<Terms>(config);
  made->doors = smtp::canary_doors(has_own_ ? smtp_ : config.smtp.listen, false, config.proxy);
  for (smtp::CanaryDoor& each : smtp::canary_doors(has_own_ ? lmtp_ : config.lmtp.listen, true, config.proxy))
    made->doors.push_back(std::move(each));
  return made;
}

std::shared_ptr<const DaemonCanary::Terms> DaemonCanary::terms() const {
  const std::lock_guard lock(mutex_);
  return terms_;
}

CanaryAnswer DaemonCanary::answer() {
  static constexpr std::string_view kEnds = "this process is about to end, and takes no new mail";
  if (ending_) return {CanaryAnswer::Kind::fails, kEnds, {}};
  const auto now = terms();
  if (now->doors.empty()) return impossible("there is no SMTP server here to send a message through");
  if (const auto box = smtp::make_canary_box(now->config); !box)
    return impossible("no inbox can be had for a test message alone", box.error().what);
  const auto report = desk_.ask();
  if (ending_) return {CanaryAnswer::Kind::fails, kEnds, {}};
  if (!report) return {CanaryAnswer::Kind::fails, "a test message is under way, and has not come back yet", {}};
  std::string words = smtp::in_words(*report);
  if (report->well()) return {CanaryAnswer::Kind::well, {}, std::move(words)};
  const bool unreached = static_cast<smtp::CanaryStep>(report->done) == smtp::CanaryStep::connect && !report->reached;
  if (unreached && !has_own_)
    return impossible("the SMTP server that the settings name cannot be reached from here", std::move(words));
  return {CanaryAnswer::Kind::fails, kCanaryPhrases[report->done], std::move(words)};
}

smtp::CanaryReport DaemonCanary::send() {
  const auto now = terms();
  smtp::CanaryReport report;
  auto box = smtp::make_canary_box(now->config);
  if (!box) {  // of settings that came in between
    report.error = box.error();
    return report;
  }
  smtp::CanaryOptions options;
  options.doors = now->doors;
  options.timeout = now->config.api.answer_timeout / 2;
  options.give_up = [this] { return ending_.load(); };
  report = smtp::send_canary(parts_.inboxes, *box, options, parts_.clock);
  (report.well() ? well_ : failed_).add();
  if (report.well()) seconds_.observe(std::chrono::duration<double>(report.total()).count());
  return report;
}

}  // namespace maildrop::cmd
