/// canary.cc: maildrop canary: a message through the SMTP server, read over HTTP, and removed again.
#include "smtp/canary.h"

#include <memory>
#include <utility>

#include "api/client.h"
#include "command.h"
#include "core/text.h"
#include "json_line.h"
#include "replay.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kCanaryExamples =
    "maildrop canary\n"
    "maildrop canary --smtp 127.0.0.1:25 --api http://127.0.0.1:8080\n"
    "maildrop canary --timeout 3s --json";

constexpr Millis kCanaryRest{1000};  // behind --timeout, to remove what is left

struct CanaryChoices {
  std::string smtp;
  std::string api;
  std::string timeout = "10s";
  bool json = false;
};

/// Prints what is missing, and gives the status.
tl::expected<std::vector<smtp::CanaryDoor>, int> doors_of(const CanaryChoices& choices, const Config& config) {
  if (!choices.smtp.empty()) {
    const auto target = replay_target(choices.smtp, true);
    if (target) return smtp::canary_doors(*target, false, config.proxy);
    if (target.error().code == Code::invalid) return tl::unexpected<int>(usage_error("canary", target.error().what));
    return tl::unexpected<int>(report(target.error()));
  }
  std::vector<Endpoint> listen = config.smtp.listen;
  // Nobody has said where: under systemd it is the socket units that know, and they are for port 25.
  if (listen == Config().smtp.listen) listen.push_back(Endpoint::parse("127.0.0.1:25").value());
  std::vector<smtp::CanaryDoor> doors = smtp::canary_doors(listen, false, config.proxy);
  for (smtp::CanaryDoor& each : smtp::canary_doors(config.lmtp.listen, true, config.proxy))
    doors.push_back(std::move(each));
  if (!doors.empty()) return doors;
  return tl::unexpected<int>(usage_error(
      "canary", "smtp.listen names nothing that can be connected to: say where by --smtp, as --smtp 127.0.0.1:25"));
}

tl::expected<std::vector<std::string>, int> urls_of(const CanaryChoices& choices, const Config& config) {
  if (!choices.api.empty()) return std::vector<std::string>{choices.api};
  std::vector<std::string> urls;
  for (const smtp::CanaryDoor& each : smtp::canary_doors(config.api.listen, false, {}))
    if (each.at.kind == Endpoint::Kind::ip) urls.push_back("http://" + each.at.to_string());
  if (!urls.empty()) return urls;
  return tl::unexpected<int>(usage_error("canary",
                                         "api.listen names nothing that can be connected to by HTTP: say where by "
                                         "--api, as --api http://127.0.0.1:8080"));
}

/// The first server that can be connected to, or the last.
class FirstThatAnswers final : public store::Inboxes {
 public:
  ///   invalid  a URL makes no sense
  static Result<FirstThatAnswers> make(const std::vector<std::string>& urls, Monotonic end) {
    FirstThatAnswers made;
    for (const std::string& url : urls) {
      auto client = TRY(api::open_client(url));
      client->end_by(end);
      made.servers_.push_back({url, std::move(client)});
    }
    return made;
  }

  Result<std::vector<store::Summary>> list(const mail::Inbox& inbox, const store::Query& query) override {
    const auto first = servers_.front().client->list(inbox, query);
    auto found = first;
    while (!found && found.error().code == Code::unavailable && servers_.size() > 1) {
      servers_.erase(servers_.begin());
      found = servers_.front().client->list(inbox, query);
    }
    servers_.resize(1);
    return found ? found : first;
  }
  Result<store::Message> get(const mail::Inbox& inbox, const store::MessageId& id) override {
    return servers_.front().client->get(inbox, id);
  }
  Result<bool> remove(const mail::Inbox& inbox, const store::MessageId& id) override {
    return servers_.front().client->remove(inbox, id);
  }

  const std::string& url() const { return servers_.front().url; }

 private:
  struct Server {
    std::string url;
    std::unique_ptr<api::Client> client;
  };
  std::vector<Server> servers_;  // one at least, and none but that once it is known
};

std::string canary_json(const smtp::CanaryReport& report, const smtp::CanaryBox& box, const std::string& url) {
  Json line;
  line["schema"] = "maildrop.canary/1";
  line["well"] = report.well();
  line["smtp"] = report.door;
  line["api"] = url;
  line["inbox"] = box.inbox.name();
  line["milliseconds"] = Json::object();
  for (std::size_t i = 0; i < report.done; ++i)
    line["milliseconds"][std::string(name_of(static_cast<smtp::CanaryStep>(i)))] =
        static_cast<double>(report.took[i].count()) / 1000;
  if (!report.well()) {
    line["failed"] = std::string(name_of(static_cast<smtp::CanaryStep>(report.done)));
    line["error"] = report.error ? report.error->what : std::string();
  }
  return json_line(line);
}

int run_canary(const CanaryChoices& choices, const Globals& globals) {
  const Monotonic begun = std::chrono::steady_clock::now();
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const auto box = smtp::make_canary_box(loaded->config);
  if (!box) return report(box.error()), exit_config;
  auto doors = doors_of(choices, loaded->config);
  if (!doors) return doors.error();
  const auto urls = urls_of(choices, loaded->config);
  if (!urls) return urls.error();
  smtp::CanaryOptions options;
  options.doors = std::move(*doors);
  options.timeout = *parse_duration(choices.timeout);
  auto reader = FirstThatAnswers::make(*urls, begun + options.timeout + kCanaryRest);
  if (!reader) return usage_error("canary", reader.error().what);
  const SystemClock clock;
  const smtp::CanaryReport came = smtp::send_canary(*reader, *box, options, clock);
  if (choices.json || came.well()) {
    const std::string text = choices.json ? canary_json(came, *box, reader->url()) : smtp::in_words(came) + "\n";
    if (const auto printed = print(1, text); !printed) return report(printed.error()), exit_io;
  }
  if (came.well()) return exit_ok;
  const Code code = came.error ? came.error->code : Code::internal;
  report(Error{code, smtp::in_words(came)});
  return code == Code::timed_out || code == Code::over_limit ? exit_try_again : exit_unavailable;
}

std::function<int()> declare_canary(CLI::App& app, const Globals& globals) {
  auto choices = std::make_shared<CanaryChoices>();
  app.add_option("--smtp", choices->smtp,
                 "Send to HOST:PORT, [IPv6]:PORT or unix:PATH, instead of the first address of smtp.listen and "
                 "lmtp.listen that can be connected to, or port 25 where smtp.listen is as shipped.")
      ->type_name("ADDRESS");
  app.add_option("--api", choices->api,
                 "Read at this address, http://HOST:PORT, instead of the first one of api.listen that answers.")
      ->type_name("URL");
  app.add_option("--timeout", choices->timeout, "All of it must be done in that time: 10s, if nothing is said.")
      ->type_name("TIME")
      ->check(CLI::Validator(
          [](std::string& value) {
            const auto parsed = parse_duration(value);
            if (!parsed) return parsed.error().what;
            constexpr Millis kMost = std::chrono::hours(1);
            if (*parsed > kMost) return std::string("an hour is enough");
            return std::string(parsed->count() > 0 ? "" : "it takes some time");
          },
          ""));
  app.add_flag("--json", choices->json, "Write one JSON object, schema maildrop.canary/1.");
  return [choices, &globals] { return run_canary(*choices, globals); };
}

}  // namespace

extern const Command canary_command{"canary", "See that mail goes all of its way: send one, read it and remove it.",
                                    declare_canary, false, kCanaryExamples};

}  // namespace maildrop::cmd
