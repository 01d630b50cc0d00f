/// canary.cc: the steps of a canary, each with its time.
#include "smtp/canary.h"

#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "core/random.h"
#include "mail/address.h"
#include "smtp/proxy_protocol.h"
#include "smtp/sender.h"

namespace maildrop::smtp {

namespace {

constexpr std::size_t kNameBytes = 10;   // random ones of the inbox's name
constexpr std::size_t kTokenBytes = 16;  // of what the message is known by
constexpr std::string_view kHelo = "localhost";

using Steady = std::chrono::steady_clock;

IpAddress loopback(bool v4) {
  if (v4) return IpAddress::from_v4(INADDR_LOOPBACK);
  std::array<std::uint8_t, 16> bytes{};
  bytes.back() = 1;
  return IpAddress::from_v6(bytes);
}

/// Who connects to an address of this machine comes from that address.
bool introduces_itself(const Endpoint& at, const ProxySettings& proxy) {
  if (at.kind == Endpoint::Kind::unix_path) return proxy.unix_sockets;
  return contains(proxy.networks, at.address);
}

/// One run. Each step gives what is wrong.
class Canary {
 public:
  Canary(store::Inboxes& inboxes, const CanaryBox& box, const CanaryOptions& options, const Clock& clock)
      : inboxes_(inboxes),
        box_(box),
        options_(options),
        end_(Steady::now() + options.timeout),
        token_(random_name(kTokenBytes)),
        message_(written(clock)),
        sender_(sender_options_) {
    sender_options_.give_up = [this] { return left() == Millis(0) || (options_.give_up && options_.give_up()); };
  }

  CanaryReport run() {
    using Step = Result<void> (Canary::*)();
    static constexpr std::array<Step, kCanarySteps> kSteps{&Canary::look, &Canary::connect, &Canary::deliver,
                                                           &Canary::read, &Canary::remove,  &Canary::check};
    for (const Step step : kSteps) {
      const Steady::time_point begun = Steady::now();
      Result<void> done = left() > Millis(0) ? (this->*step)() : late();
      if (!done) {
        report_.error = std::move(done.error());
        break;
      }
      report_.took[report_.done++] = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begun);
    }
    if (!report_.well() && sent_) clean_up();
    sender_.close();
    return std::move(report_);
  }

 private:
  Millis left() const { return std::max(std::chrono::ceil<Millis>(end_ - Steady::now()), Millis(0)); }

  Result<void> late() const {
    return fail(Code::timed_out, "no answer within " + std::to_string(options_.timeout.count()) + " ms");
  }

  std::string written(const Clock& clock) const {
    return "From: <" + box_.address + ">\r\nTo: <" + box_.address + ">\r\nSubject: canary " + token_ +
           "\r\nDate: " + rfc5322(clock.now()) + "\r\nMessage-ID: <" + token_ + "@maildrop.invalid>\r\n\r\n" +
           "maildrop sees by this that mail goes all of its way, and removes it.\r\n";
  }

  Result<void> failed(const Outcome& outcome) const {
    if (outcome.fate == Fate::lost && left() == Millis(0)) return late();
    return fail(Code::unavailable, outcome.text);
  }

  Result<std::vector<store::Summary>> listed() {
    store::Query query;
    query.quarantined = store::Quarantined::shown;
    return inboxes_.list(box_.inbox, query);
  }

  Result<void> look() {
    const auto found = listed();
    if (!found) return tl::unexpected(found.error());
    return {};
  }

  Result<void> connect() {
    Outcome why;
    for (const CanaryDoor& door : options_.doors) {
      report_.door = door.at.to_string();
      sender_options_.to = {door.at};
      sender_options_.timeout = left();
      ClientOptions dialog;
      dialog.lmtp = door.lmtp;
      dialog.helo = kHelo;
      dialog.preamble = door.preamble;
      const auto failure = sender_.open(std::move(dialog));
      report_.reached = sender_.connected();
      if (!failure) return {};
      why = *failure;
      if (report_.reached) break;
    }
    return failed(why);
  }

  Result<void> deliver() {
    sender_options_.timeout = left();
    sent_ = true;
    const Outcome outcome = sender_.send({box_.address, {box_.address}, message_}).front();
    if (outcome.fate == Fate::accepted) return {};
    return failed(outcome);
  }

  Result<void> read() {
    const auto found = listed();
    if (!found) return tl::unexpected(found.error());
    for (const store::Summary& each : *found) {
      const auto message = inboxes_.get(box_.inbox, each.id);
      if (!message) return tl::unexpected(message.error());
      if (message->data.find(token_) == std::string::npos) continue;
      id_ = each.id;
      return {};
    }
    return fail(Code::unavailable, "the server has taken it, and it is not there");
  }

  Result<void> remove() {
    const auto removed = inboxes_.remove(box_.inbox, *id_);
    if (!removed) return tl::unexpected(removed.error());
    if (!*removed) return fail(Code::unavailable, "it was not there any more");
    return {};
  }

  Result<void> check() {
    const auto message = inboxes_.get(box_.inbox, *id_);
    if (message) return fail(Code::unavailable, "it is still there");
    if (message.error().code != Code::not_found) return tl::unexpected(message.error());
    return {};
  }

  /// Also behind a 4xx or none: the message may have been stored. What fails now has failed before.
  void clean_up() {
    const auto found = listed();
    if (!found) return;
    for (const store::Summary& each : *found) (void)inboxes_.remove(box_.inbox, each.id);
  }

  store::Inboxes& inboxes_;
  const CanaryBox& box_;
  const CanaryOptions& options_;
  const Steady::time_point end_;
  const std::string token_;
  const std::string message_;
  SenderOptions sender_options_;
  Sender sender_;
  CanaryReport report_;
  std::optional<store::MessageId> id_;
  bool sent_ = false;
};

std::string milliseconds(std::chrono::microseconds time) {
  return std::to_string(std::chrono::ceil<Millis>(time).count()) + " ms";
}

}  // namespace

std::string_view name_of(CanaryStep step) {
  switch (step) {
    case CanaryStep::look: return "look";
    case CanaryStep::connect: return "connect";
    case CanaryStep::deliver: return "deliver";
    case CanaryStep::read: return "read";
    case CanaryStep::remove: return "remove";
    case CanaryStep::check: return "check";
  }
  return "check";
}

std::vector<CanaryDoor> canary_doors(const std::vector<Endpoint>& listen, bool lmtp, const ProxySettings& proxy) {
  std::vector<CanaryDoor> doors;
  const auto add = [&](Endpoint at) {
    CanaryDoor door{std::move(at), lmtp};
    if (introduces_itself(door.at, proxy))
      door.preamble = make_proxy_header(loopback(door.at.kind == Endpoint::Kind::unix_path || door.at.address.is_v4()));
    doors.push_back(std::move(door));
  };
  const auto add_ip = [&](const IpAddress& address, std::uint16_t port) {
    Endpoint at;
    at.address = address;
    at.port = port;
    add(std::move(at));
  };
  for (const Endpoint& each : listen) {
    if (each.kind == Endpoint::Kind::unix_path) add(each);
    if (each.kind == Endpoint::Kind::inherited || each.kind == Endpoint::Kind::unix_path || each.port == 0) continue;
    const bool any = each.kind == Endpoint::Kind::any;
    const bool unspecified = each.address == IpAddress() || each.address == IpAddress::from_v4(INADDR_ANY);
    if (!any && !unspecified) {
      add_ip(each.address, each.port);
      continue;
    }
    // [::] mostly takes IPv4, too, where the machine has lost its ::1.
    const bool v4_first = any || each.address.is_v4();
    add_ip(loopback(v4_first), each.port);
    if (any || !each.address.is_v4()) add_ip(loopback(!v4_first), each.port);
  }
  return doors;
}

Result<CanaryBox> make_canary_box(const Config& config) {
  const std::string name = "canary-" + random_name(kNameBytes);
  const std::vector<std::string>& domains = config.mail.domains;
  const bool any = std::find(domains.begin(), domains.end(), "*") != domains.end();
  const bool by_domain = config.inbox.naming == InboxSettings::Naming::domain;
  if (by_domain && !any)
    return invalid("with inbox.naming = domain each inbox is all of a domain's, and mail.domains has no * for another");
  const auto own = std::find_if(domains.begin(), domains.end(), [](const std::string& each) { return each != "*"; });
  std::string domain = by_domain ? name + ".invalid" : "canary.invalid";
  if (!by_domain && own != domains.end()) domain = *own;
  const mail::Address address = TRY(mail::parse_address(name + "@" + domain));
  return CanaryBox{address.to_string(), TRY(mail::Inbox::of(address, config.inbox, domain))};
}

std::chrono::microseconds CanaryReport::total() const {
  std::chrono::microseconds sum{};
  for (const std::chrono::microseconds each : took) sum += each;
  return sum;
}

std::string in_words(const CanaryReport& report) {
  static constexpr std::array<std::string_view, kCanarySteps> kFailed{
      "the inbox cannot be read", "not connected", "not delivered", "not read", "not removed", "not gone"};
  const auto of = [&](CanaryStep step) { return report.took[static_cast<std::size_t>(step)]; };
  const auto is_done = [&](CanaryStep step) { return report.done > static_cast<std::size_t>(step); };
  std::string text;
  if (is_done(CanaryStep::deliver))
    text += "delivered in " + milliseconds(of(CanaryStep::connect) + of(CanaryStep::deliver));
  if (is_done(CanaryStep::read)) text += ", read in " + milliseconds(of(CanaryStep::read));
  if (is_done(CanaryStep::check))
    text += ", removed in " + milliseconds(of(CanaryStep::remove) + of(CanaryStep::check));
  if (report.well()) return text;
  if (!text.empty()) text += ", ";
  text += kFailed[report.done];
  if (report.error) text += ": " + report.error->what;
  return text;
}

CanaryReport send_canary(store::Inboxes& inboxes, const CanaryBox& box, const CanaryOptions& options,
                         const Clock& clock) {
  return Canary(inboxes, box, options, clock).run();
}

}  // namespace maildrop::smtp
