/// fuzz_address.cc: any bytes at all as a path, an address, a command's argument and an inbox: what is read and printed
/// reads the same again, SMTP, API and command line mean the same inbox, what goes into an alias comes out, and nothing
/// is beyond its bounds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text.h"
#include "mail/address.h"
#include "mail/alias.h"
#include "mail/inbox.h"
#include "smtp/grammar.h"

using namespace maildrop;

namespace {

constexpr std::string_view kHost = "mx.example.org";

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

InboxSettings naming(InboxSettings::Naming naming, InboxSettings::PlusTag plus_tag) {
  InboxSettings settings;
  settings.naming = naming;
  settings.plus_tag = plus_tag;
  return settings;
}

template <class Each>
void for_each_naming(Each each) {
  using Naming = InboxSettings::Naming;
  for (const Naming how : {Naming::local, Naming::full, Naming::domain})
    for (const auto plus_tag : {InboxSettings::PlusTag::strip, InboxSettings::PlusTag::keep})
      each(naming(how, plus_tag));
}

/// With aliases on a name is an inbox, of which there may be aliases, or like an alias, of which there are none.
void check_aliases(const mail::Inbox& inbox, InboxSettings settings) {
  if (settings.naming == InboxSettings::Naming::domain) return;
  settings.alias = true;
  settings.alias_key = std::string(64, 'f');
  const auto aliases = mail::Aliases::make(settings);
  require(aliases.has_value());
  const auto goes_to = aliases->destination(inbox, Time{});
  require(goes_to ? *goes_to == inbox || mail::is_like_alias(inbox) : mail::is_like_alias(inbox));
  const auto alias = aliases->make_alias(inbox);
  require(!alias || !mail::is_like_alias(inbox));
  if (!alias) return;
  require(alias->name().find('@') <= 64 || alias->name().size() <= 64);
  require(mail::is_like_alias(*alias) && *aliases->destination(*alias, Time{}) == inbox);
}

/// With classic ones any name is an inbox or such an alias, and each such alias is the one of its inbox.
void check_classic_aliases(const mail::Inbox& inbox, InboxSettings settings) {
  if (settings.naming == InboxSettings::Naming::domain) return;
  settings.classic_alias_modifier = "20190422";
  const auto aliases = mail::Aliases::make(settings);
  require(aliases.has_value());
  const auto goes_to = aliases->destination(inbox, Time{});
  require(goes_to.has_value());
  if (*goes_to != inbox) {
    require(*aliases->make_classic_alias(*goes_to) == inbox &&
            *mail::Inbox::parse(goes_to->name(), settings) == *goes_to);
  }
  const auto alias = aliases->make_classic_alias(inbox);
  require(!alias ||
          (*aliases->destination(*alias, Time{}) == inbox && *mail::Inbox::parse(alias->name(), settings) == *alias));
}

/// The canonical name of a canonical name is itself.
void check_name(const mail::Inbox& inbox, const InboxSettings& settings) {
  const std::string& name = inbox.name();
  const std::size_t at = name.rfind('@');
  require(!name.empty() && is_valid_utf8(name) && !smtp::has_control(name));
  require(name.front() != '-' && (name.front() != '.'));
  require(name.find_first_of("/\\ \"*?%$<>;|&") == std::string::npos);
  require(at == std::string::npos ? name.size() <= 255 : at <= 64 && name.size() - at - 1 <= 260);
  const auto again = mail::Inbox::parse(name, settings);
  require(again && *again == inbox && again->is_reserved(settings) == inbox.is_reserved(settings));
  check_aliases(inbox, settings);
  check_classic_aliases(inbox, settings);
}

void check_inboxes(const mail::Address& address) {
  for_each_naming([&](const InboxSettings& settings) {
    const auto of_smtp = mail::Inbox::of(address, settings, kHost);
    if (of_smtp) check_name(*of_smtp, settings);
    if (address.domain.empty()) return;
    const auto typed = mail::Inbox::parse(address.to_string(), settings);
    require(typed.has_value() == of_smtp.has_value() && (!typed || *typed == *of_smtp));
  });
}

void check_address(const mail::Address& address) {
  require(address.local.size() <= 64 && address.domain.size() <= 255 && is_ascii(address.domain));
  require(is_valid_utf8(address.local) && !smtp::has_control(address.local) && !smtp::has_control(address.domain));
  const std::string printed = address.to_string();
  const auto again = mail::parse_path("<" + printed + ">", {.allow_null = true, .allow_postmaster = true});
  require(again && again->length == printed.size() + 2);
  require(again->address.local == address.local && again->address.domain == address.domain);
  if (address.domain.empty()) return;
  const auto bare = mail::parse_address(printed);
  require(bare && *bare == again->address);
  const auto domain = mail::canonical_domain(address.domain);
  require(domain && *domain == address.domain);
}

void check_path(std::string_view bytes) {
  const auto path = mail::parse_path(bytes, {.allow_null = true, .allow_postmaster = true});
  if (!path) return;
  const std::string_view text = bytes.substr(0, path->length);
  require(text.front() == '<' && text.back() == '>' && !smtp::has_control(text));
  require(path->address.utf8 ? !is_ascii(text) : is_ascii(path->address.local));
  check_address(path->address);
  if (!path->address.is_null()) check_inboxes(path->address);
}

/// MAIL and RCPT take what parse_path() takes, or have a reply for it.
void check_commands(std::string_view bytes) {
  for (const bool extended : {false, true}) {
    const auto mail = smtp::parse_mail(bytes, extended);
    if (mail) check_address(mail->from);
    if (mail) require(mail->smtputf8 || !mail->from.utf8);
    if (!mail) require(mail.error().code >= 500 && mail.error().code <= 555);
    const auto rcpt = smtp::parse_rcpt(bytes, extended);
    if (rcpt) check_address(*rcpt);
    if (rcpt) require(!rcpt->is_null() && (extended || !rcpt->utf8));
    if (!rcpt) require(rcpt.error().code >= 500 && rcpt.error().code <= 555);
  }
  const smtp::Command command = smtp::parse_command(bytes);
  require(command.argument.empty() || (command.argument.front() != ' ' && command.argument.back() != ' '));
  const auto helo = smtp::parse_helo(bytes);
  require(!helo || (!helo->empty() && helo->size() <= 255 && is_ascii(*helo) && !smtp::has_control(*helo)));
  smtp::parse_bdat(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_path(bytes);
  check_commands(bytes);
  const auto address = mail::parse_address(bytes);
  if (address) check_address(*address);
  for_each_naming([&](const InboxSettings& settings) {
    const auto inbox = mail::Inbox::parse(bytes, settings);
    if (inbox) check_name(*inbox, settings);
  });
  return 0;
}
