/// dns.cc: maildrop dns: what the DNS says to who has these settings, or to a server's filters.
#include <chrono>
#include <memory>

#include "api/client.h"
#include "command.h"
#include "core/text.h"
#include "dns/ask_all.h"
#include "dns_answers.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kDnsExamples =
    "maildrop dns example.com mx\n"
    "maildrop dns example.com txt --set dns.servers=192.0.2.53\n"
    "maildrop dns example.com mx --api http://127.0.0.1:8080";

struct DnsOptions {
  std::string name;
  std::string type;
  std::string api;
  bool json = false;
};

/// A resolver of ours, which knows nothing yet.
std::string where_from(const ShownAnswer& answer, const DnsSettings& settings) {
  if (answer.source == dns::Source::cache) return "by the resolver itself";
  if (answer.source == dns::Source::stale) return "expired";
  std::string names;
  for (const Endpoint& server : settings.servers) names += (names.empty() ? "by " : ", ") + server.to_string();
  return names.empty() ? "by the servers of its domain" : names;
}

/// One of a server that has been asked for a while.
std::string where_from(const ShownAnswer& answer) {
  if (answer.source == dns::Source::servers) return "not in the server's cache until now";
  const bool stale = answer.source == dns::Source::stale;
  const std::string age = answer.age ? format_duration(*answer.age) + " old" : "of unknown age";
  return "from the server's cache, " + age + (stale ? ", expired, as servers do not answer" : "");
}

std::string outcome(const ShownAnswer& answer, const std::string& from, const std::string& in_time) {
  switch (answer.status) {
    case dns::Status::found: return from;
    case dns::Status::no_data: return "no such records, " + from;
    case dns::Status::no_name: return "no such name, " + from;
    case dns::Status::timed_out: return "no answer " + in_time;
    default: return "no answer of use";
  }
}

/// What the lines of others are; on one line, as they are not what was asked for.
std::string told_otherwise(const ShownAnswer& answer) {
  std::string text;
  for (const std::string& record : answer.records) text += (text.empty() ? "" : ", ") + record;
  return "otherwise in " + std::to_string(answer.loops) + (answer.loops == 1 ? " loop: " : " loops: ") +
         (text.empty() ? "" : text + ", ") + outcome(answer, where_from(answer), "in time");
}

struct Asked {
  dns::Question question;
  std::vector<ShownAnswer> answers;  // the first is what was asked for
  std::string outcome;               // of it
  Json json;
  std::chrono::milliseconds took;
};

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

Asked ask_ourselves(dns::Question question, const DnsSettings& settings) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<dns::Answer> answers = dns::ask_all(settings, {&question, 1});
  const auto took = since(start);
  ShownAnswer answer = shown_answer(question, answers.front());
  Json json = json_of_answer(question, answer);
  std::string told = outcome(answer, where_from(answer, settings), "within " + format_duration(settings.timeout));
  return {std::move(question), {std::move(answer)}, std::move(told), std::move(json), took};
}

Result<Asked> ask_server(dns::Question question, api::Client& server) {
  const auto start = std::chrono::steady_clock::now();
  const std::string type(dns::name_of(question.type));
  const std::string text = TRY(server.ask_dns(question.name.empty() ? "." : question.name, type));
  const auto took = since(start);
  Json json = TRY(api::parse_json(text));
  std::vector<ShownAnswer> answers = TRY(parse_loops(json));
  std::string told = outcome(answers.front(), where_from(answers.front()), "in time");
  return Asked{std::move(question), std::move(answers), std::move(told), std::move(json), took};
}

Result<void> show(Asked& asked, bool as_json) {
  if (as_json) {
    asked.json["milliseconds"] = asked.took.count();
    return print(1, json_line(asked.json));
  }
  const ShownAnswer& answer = asked.answers.front();
  std::string text;
  for (const std::string& record : answer.records) text += terminal_safe(record) + "\n";
  TRY(print(1, text));
  const std::string name = asked.question.name.empty() ? "." : asked.question.name;
  const std::string subject = name + " " + std::string(dns::name_of(asked.question.type)) + ": ";
  std::string notes = subject + asked.outcome;
  if (dns::is_known(answer.status)) notes += ", in " + format_duration(asked.took);
  if (answer.ttl.count() > 0) notes += ", good for " + format_duration(answer.ttl);
  for (std::size_t i = 1; i < asked.answers.size(); ++i)
    notes += "\n" + subject + terminal_safe(told_otherwise(asked.answers[i]));
  return print(2, notes + "\n");
}

/// Prints why there is nothing to show, and gives the status.
tl::expected<Asked, int> ask(const Globals& globals, dns::Question question) {
  const auto loaded = load(globals);
  if (!loaded) return tl::unexpected<int>(loaded.error());
  return ask_ourselves(std::move(question), loaded->config.dns);
}

tl::expected<Asked, int> ask_elsewhere(const std::string& url, const Globals& globals, dns::Question question) {
  if (!globals.config_file.empty() || !globals.sets.empty())
    return tl::unexpected<int>(
        usage_error("dns", "--api asks a server, --config and --set are for the resolver inside: one of them"));
  const auto server = api::open_client(url);
  if (!server) return tl::unexpected<int>(usage_error("dns", server.error().what));
  auto asked = ask_server(std::move(question), **server);
  if (asked) return std::move(*asked);
  const int status = report(asked.error());
  return tl::unexpected<int>(asked.error().code == Code::corrupt ? exit_data : status);
}

int run_dns(const DnsOptions& options, const Globals& globals) {
  auto question = parse_question(options.name, options.type);
  if (!question) return usage_error("dns", question.error().what);
  auto asked = options.api.empty() ? ask(globals, std::move(*question))
                                   : ask_elsewhere(options.api, globals, std::move(*question));
  if (!asked) return asked.error();
  if (const auto written = show(*asked, options.json); !written) return report(written.error()), exit_io;
  const dns::Status status = asked->answers.front().status;
  if (!dns::is_known(status)) return exit_try_again;
  return status == dns::Status::found ? exit_ok : exit_nothing;
}

std::function<int()> declare_dns(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<DnsOptions>();
  app.add_option("name", options->name, "A name, or an address: then the name of it is looked for.")
      ->required()
      ->type_name("NAME");
  app.add_option("type", options->type, "A, AAAA, CNAME, MX, NS, PTR or TXT. Without it: A, of an address PTR.")
      ->type_name("TYPE");
  app.add_option("--api", options->api,
                 "Ask the server at this address, which must be on this machine, what its filters hear.")
      ->type_name("URL");
  app.add_flag("--json", options->json, "Write one JSON object, schema maildrop.dns/1.");
  return [options, &globals] { return run_dns(*options, globals); };
}

}  // namespace

extern const Command dns_command{"dns", "Ask the DNS by the resolver inside.", declare_dns, false, kDnsExamples};

}  // namespace maildrop::cmd
