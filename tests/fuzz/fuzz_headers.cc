/// fuzz_headers.cc: any bytes as a message whose header is held against the rules, and as a From of others' addresses.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "filter/header_rules.h"
#include "filter/shown_address.h"
#include "mail/mailboxes.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool has(const std::vector<Oddity>& oddities, std::string_view rule) {
  return std::any_of(oddities.begin(), oddities.end(), [&](const Oddity& odd) { return odd.rule->name == rule; });
}

void check_message(std::string_view message) {
  const std::vector<std::string> ours{"mx.example.org"};
  HeaderPlace place{.envelope_domain = "example.com", .our_names = ours, .now = from_millis(1'700'000'000'000)};
  const std::vector<Oddity> found = oddities(message, place);
  for (const Oddity& odd : found)
    require(std::count_if(found.begin(), found.end(), [&](const Oddity& other) { return other.rule == odd.rule; }) ==
            1);
  require(!has(found, "too_much") || (!has(found, "no_from") && !has(found, "no_date")));
  place.smtputf8 = true;
  require(!has(oddities(message, place), "eight_bit"));
}

void check_from(std::string_view from) {
  const mail::MailboxDomains real = mail::mailbox_domains(from);
  require(real.addresses >= real.domains.size());
  shows_other_address(from, real.domains);
  // One of another is seen, whatever is behind it.
  const std::vector<std::string> one{"a.example"};
  require(shows_other_address("x@b.example " + std::string(from) + " @", one));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_message(text);
  check_from(text);
  return 0;
}
