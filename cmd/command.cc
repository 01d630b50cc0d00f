/// command.cc: what all subcommands share: the configuration, errors and their exit statuses.
#include "command.h"

#include <cstdio>

#include "core/text.h"
#include "mail/address.h"
#include "mail/inbox.h"

namespace maildrop::cmd {
namespace {

void complain(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) std::fprintf(stderr, "maildrop: %s\n", terminal_safe(line).c_str());
  }
}

/// What the mail module knows of names, so that one it would never match is told and not dropped.
Result<void> check_value(std::string_view key, const std::string& value) {
  if (key == "mail.domains" && value != "*" && !mail::canonical_domain(value))
    return fail(Code::invalid,
                "'" + value + "' is no domain (a name, an address literal like [192.0.2.1], or * for any)");
  if (key != "inbox.reserved") return {};
  InboxSettings as_written;
  as_written.plus_tag = InboxSettings::PlusTag::keep;
  if (!mail::Inbox::parse(value, as_written)) return fail(Code::invalid, "'" + value + "' is no inbox name");
  if (value.find('+') != std::string::npos)
    return fail(Code::invalid, "'" + value + "' would never match: names are compared without their +tag");
  return {};
}

}  // namespace

int exit_for(const Error& error) {
  switch (error.code) {
    case Code::invalid: return exit_data;
    case Code::not_found: return exit_no_input;
    case Code::unavailable: return exit_unavailable;
    case Code::over_limit:
    case Code::timed_out: return exit_try_again;
    case Code::corrupt: return exit_io;
    case Code::internal: return exit_internal;
  }
  return exit_internal;
}

int report(const Error& error) {
  complain(error.what);
  return exit_for(error);
}

int usage_error(std::string_view command, std::string_view what) {
  complain(what);
  complain("see maildrop " + std::string(command) + (command.empty() ? "--help" : " --help"));
  return exit_usage;
}

Result<LoadedConfig> read_config(const Globals& globals) {
  return load_config(ConfigSources::from_process(globals.config_file, globals.sets), check_value);
}

tl::expected<LoadedConfig, int> load(const Globals& globals) {
  auto loaded = read_config(globals);
  if (loaded) return std::move(*loaded);
  report(loaded.error());
  return tl::unexpected<int>(loaded.error().code == Code::not_found ? exit_no_input : exit_config);
}

}  // namespace maildrop::cmd
