/// dns.cc: maildrop dns: what the DNS says to who has these settings.
#include <chrono>
#include <memory>

#include "command.h"
#include "core/text.h"
#include "dns/ask_all.h"
#include "json_line.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kDnsExamples =
    "maildrop dns example.com mx\n"
    "maildrop dns 192.0.2.1                 # its name\n"
    "maildrop dns example.com txt --set dns.servers=192.0.2.53";

struct DnsOptions {
  std::string name;
  std::string type;
  bool json = false;
};

/// Of an address its name, unless something else is asked for.
Result<dns::Question> question_of(const DnsOptions& options) {
  const Result<IpAddress> address = IpAddress::parse(options.name);
  const std::string word = !options.type.empty() ? options.type : address ? "PTR" : "A";
  const std::optional<dns::Type> type = dns::parse_type(word);
  if (!type) return fail(Code::invalid, "'" + options.type + "' is not A, AAAA, CNAME, MX, NS, PTR or TXT");
  if (address) return dns::Question::reverse(*address, *type);
  auto made = dns::Question::make(options.name, *type);
  if (!made) return fail(Code::invalid, "'" + options.name + "' is not a name of the DNS, nor an address");
  return made;
}

std::string where_from(const dns::Answer& answer, const DnsSettings& settings) {
  if (answer.source == dns::Source::cache) return "by the resolver itself";
  if (answer.source == dns::Source::stale) return "expired";
  std::string names;
  for (const Endpoint& server : settings.servers) names += (names.empty() ? "by " : ", ") + server.to_string();
  return names.empty() ? "by the servers of its domain" : names;
}

std::string outcome(const dns::Answer& answer, const DnsSettings& settings) {
  switch (answer.status) {
    case dns::Status::found: return where_from(answer, settings);
    case dns::Status::no_data: return "no such records, " + where_from(answer, settings);
    case dns::Status::no_name: return "no such name, " + where_from(answer, settings);
    case dns::Status::timed_out: return "no answer within " + format_duration(settings.timeout);
    default: return "no answer of use";
  }
}

Result<void> show(const DnsOptions& options, const dns::Question& question, const dns::Answer& answer,
                  const DnsSettings& settings, std::chrono::milliseconds took) {
  const std::string name = question.name.empty() ? "." : question.name;
  if (options.json) {
    Json out;
    out["schema"] = "maildrop.dns/1";
    out["name"] = name;
    out["type"] = std::string(dns::name_of(question.type));
    out["status"] = std::string(dns::name_of(answer.status));
    out["records"] = Json::array();
    for (const dns::Record& record : answer.records) out["records"].push_back(record.to_string(question.type));
    if (dns::is_known(answer.status)) {
      out["source"] = std::string(dns::name_of(answer.source));
      out["ttl"] = answer.ttl.count();
    }
    out["milliseconds"] = took.count();
    return print(1, json_line(out));
  }
  std::string text;
  for (const dns::Record& record : answer.records) text += record.to_string(question.type) + "\n";
  TRY(print(1, text));
  std::string note = name + " " + std::string(dns::name_of(question.type)) + ": " + outcome(answer, settings);
  if (dns::is_known(answer.status)) note += ", in " + format_duration(took);
  if (answer.ttl.count() > 0) note += ", good for " + format_duration(answer.ttl);
  return print(2, note + "\n");
}

int run_dns(const DnsOptions& options, const Globals& globals) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const Result<dns::Question> question = question_of(options);
  if (!question) return usage_error("dns", question.error().what);
  const DnsSettings& settings = loaded->config.dns;
  const auto start = std::chrono::steady_clock::now();
  const auto answers = dns::ask_all(settings, {&*question, 1});
  if (!answers) return report(answers.error());
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  const dns::Answer& answer = answers->front();
  if (const auto shown = show(options, *question, answer, settings, took); !shown)
    return report(shown.error()), exit_io;
  if (!dns::is_known(answer.status)) return exit_try_again;
  return answer.status == dns::Status::found ? exit_ok : exit_nothing;
}

std::function<int()> declare_dns(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<DnsOptions>();
  app.add_option("name", options->name, "A name, or an address: then the name of it is looked for.")
      ->required()
      ->type_name("NAME");
  app.add_option("type", options->type, "A, AAAA, CNAME, MX, NS, PTR or TXT. Without it: A, of an address PTR.")
      ->type_name("TYPE");
  app.add_flag("--json", options->json, "Write one JSON object, schema maildrop.dns/1.");
  return [options, &globals] { return run_dns(*options, globals); };
}

}  // namespace

extern const Command dns_command{"dns", "Ask the DNS by the resolver inside.", declare_dns, false, kDnsExamples};

}  // namespace maildrop::cmd
