/// doctor_dns.cc: answers, and what to do about them.
#include "doctor_dns.h"

#include <algorithm>

namespace maildrop::cmd {
namespace {

using Level = Finding::Level;

std::string outcome(dns::Status status) {
  return status == dns::Status::timed_out ? "had no answer in time" : "failed";
}

std::string names_of(const dns::Answer& answer) {
  std::string names;
  for (const dns::Record& mx : answer.records) names += (names.empty() ? "" : ", ") + mx.text;
  return names;
}

}  // namespace

Finding judge_mx(std::string_view domain, std::string_view host, const dns::Answer& answer) {
  const std::string name(domain);
  const auto record = name + ". MX 10 " + std::string(host) + ".";
  switch (answer.status) {
    case dns::Status::found: break;
    case dns::Status::no_name:
      return {Level::error, "dns", name + " does not exist: nobody can send mail to it",
              "register it, or take it out of mail.domains"};
    case dns::Status::no_data:
      return {Level::warning, "dns", name + " has no MX record: its mail goes to its own address, if it has one",
              "add one: " + record};
    default:
      return {Level::warning, "dns",
              "nothing is known of " + name + ": the question for its MX " + outcome(answer.status),
              "see to dns.servers; without them, this machine must reach servers on port 53"};
  }
  if (answer.records.front().text.empty())
    return {Level::error, "dns", name + " has a null MX record: nobody sends mail to it", "replace it: " + record};
  const auto ours = std::find_if(answer.records.begin(), answer.records.end(),
                                 [&](const dns::Record& mx) { return mx.text == host; });
  if (ours == answer.records.end())
    return {Level::warning, "dns",
            "mail for " + name + " goes to " + names_of(answer) + ", and we are " + std::string(host),
            "all is well if that leads here, as a balancer does; else change the MX record, or smtp.hostname"};
  return {Level::ok, "dns", "mail for " + name + " goes to " + names_of(answer)};
}

}  // namespace maildrop::cmd
