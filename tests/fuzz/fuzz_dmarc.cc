/// fuzz_dmarc.cc: any bytes as records, one a line, and behind the first NUL as a From field, judged by these.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text.h"
#include "filter/dmarc_check.h"
#include "filter/public_suffix.h"
#include "mail/address.h"
#include "mail/mailboxes.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check_record(std::string_view text) {
  const std::string known = "v=DMARC1;" + std::string(text);
  require(DmarcRecord::begins(known));
  const auto record = DmarcRecord::parse(known);
  if (!record) return;
  require(record->percent <= 100);
  const std::string more = known + ";p=none;sp=none;np=none;aspf=r;adkim=r;pct=1";  // the first of a tag counts
  const auto again = DmarcRecord::parse(more);
  if (more.size() <= DmarcRecord::kLongest && again) require(again->policy == record->policy);
}

/// The organisation of a name is behind a dot of it, or all of it, and its own.
void check_organisation(const std::string& name) {
  const std::string organisation = organisational_domain(name);
  if (organisation.empty()) return;
  require(name == organisation || name.ends_with("." + organisation));
  require(organisational_domain(organisation) == organisation && is_same_organisation(name, organisation));
}

void check_author(const std::string& author, const dns::Answer& answer) {
  for (const bool passes : {false, true}) {
    DmarcEvidence evidence;
    if (passes) evidence.spf.passing.push_back(author);
    unsigned asked = 0;
    const auto outcome = dmarc_check(author, evidence, [&](std::string_view, dns::Type) {
      ++asked;
      return &answer;
    });
    require(outcome && asked <= 5 && is_printable(outcome->reason));
    require(outcome->result == DmarcResult::none ||
            outcome->result == (passes ? DmarcResult::pass : DmarcResult::fail));
    for (const unsigned chance : {0u, 99u}) require(outcome->applied(chance) <= outcome->policy);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\0'), size);
  dns::Answer answer{.status = dns::Status::found};
  for (const std::string_view line : split(text.substr(0, end), '\n')) {
    check_record(line);
    answer.records.push_back({.text = std::string(line)});
  }
  const mail::MailboxDomains found = mail::mailbox_domains(text.substr(std::min(end + 1, size)));
  require(found.domains.size() <= mail::MailboxDomains::kMost);
  for (const std::string& domain : found.domains) {
    require(mail::canonical_domain(domain) == domain &&
            std::count(found.domains.begin(), found.domains.end(), domain) == 1);
    check_organisation(domain);
    if (domain.front() != '[') check_author(domain, answer);
  }
  return 0;
}
