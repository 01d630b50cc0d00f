/// command.cc: what all subcommands share: the configuration, errors and their exit statuses.
#include "command.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "core/text.h"
#include "filter/dnsbl_list.h"
#include "filter/header_rules.h"
#include "filter/pattern.h"
#include "filter/place_list.h"
#include "filter/rate_limit.h"
#include "filter/reserved.h"
#include "mail/address.h"
#include "mail/inbox.h"
#include "report/web_address.h"
#include "store/redis_target.h"

namespace maildrop::cmd {
namespace {

void complain(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) std::fprintf(stderr, "maildrop: %s\n", terminal_safe(line).c_str());
  }
}

/// Asked after a failure, to tell a closed door from a missing house: libraries below do not say which it was.
bool is_denied(const std::string& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) != 0 && errno == EACCES;
}

/// What permissions keep from us of the store at `path`; empty: nothing.
std::string denied_file(const std::string& path, bool writing) {
  const int both = R_OK | W_OK;
  const int wanted = writing ? both : R_OK;
  const std::pair<const char*, int> files[] = {{"", wanted}, {"-wal", wanted}, {"-shm", both}, {".lock", both}};
  for (const auto& [suffix, mode] : files) {
    const bool used = writing || std::string_view(suffix) != ".lock";
    if (used && is_denied(path + suffix, mode)) return path + suffix;
  }
  if (!writing) return {};
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  while (folder.has_relative_path() && ::access(folder.c_str(), F_OK) != 0) folder = folder.parent_path();
  return !folder.empty() && is_denied(folder.string(), W_OK | X_OK) ? folder.string() : std::string();
}

/// What higher floors know of names, so that one that would never match is told and not dropped.
Result<void> check_value(std::string_view key, const std::string& value) {
  if (key == "mail.domains" && value != "*" && !mail::canonical_domain(value))
    return fail(Code::invalid,
                "'" + value + "' is no domain (a name, an address literal like [192.0.2.1], or * for any)");
  if (key == "filter.access.allow" || key == "filter.access.deny" || key == "filter.greylist.except") {
    const auto pattern = filter::Pattern::parse(value);
    return pattern ? Result<void>() : tl::unexpected(pattern.error());
  }
  if (key == "filter.dnsbl.lists") {
    const auto lists = filter::DnsblList::parse({value});
    return lists ? Result<void>() : tl::unexpected(lists.error());
  }
  if (key == "filter.rate.limits") {
    const auto limit = filter::RateLimit::parse(value);
    return limit ? Result<void>() : tl::unexpected(limit.error());
  }
  if (key == "filter.reserved.refuse") {
    const auto name = filter::refused_name(value);
    return name ? Result<void>() : tl::unexpected(name.error());
  }
  if (key == "filter.headers.except") {
    const auto rule = filter::parse_header_rule(value);
    return rule ? Result<void>() : tl::unexpected(rule.error());
  }
  if (key == "filter.place.networks") {
    const auto list = filter::PlaceList::parse({value});
    return list ? Result<void>() : tl::unexpected(list.error());
  }
  if (key == "report.webhook" && !value.empty()) {
    const auto web = report::WebAddress::parse(value);
    return web ? Result<void>() : tl::unexpected(web.error());
  }
  if (key == "report.redis" && !value.empty()) {
    const auto target = store::redis::parse_target(value, {});
    return target ? Result<void>() : tl::unexpected(target.error());
  }
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

Result<LoadedConfig> read_config(const Globals& globals, const ConfigCheck& check_all) {
  LoadedConfig loaded =
      TRY(load_config(ConfigSources::from_process(globals.config_file, globals.sets), check_value, check_all));
  const std::string& shadow = loaded.config.filter.shadow;
  if (shadow.empty()) return loaded;
  auto other = read_candidate(shadow);
  if (!other) return fail(Code::invalid, "filter.shadow: " + other.error().what);
  loaded.config.shadow = std::make_shared<const FilterSettings>(std::move(other->config.filter));
  return loaded;
}

Result<LoadedConfig> read_candidate(const std::string& path) { return load_config({path, {}, {}}, check_value); }

tl::expected<LoadedConfig, int> load(const Globals& globals, const ConfigCheck& check_all) {
  auto loaded = read_config(globals, check_all);
  if (loaded) return std::move(*loaded);
  report(loaded.error());
  if (loaded.error().code != Code::not_found) return tl::unexpected<int>(exit_config);
  const std::string file = config_file(ConfigSources::from_process(globals.config_file, globals.sets));
  return tl::unexpected<int>(is_denied(file, R_OK) ? exit_no_permission : exit_no_input);
}

bool report_denied_store(const std::string& url, bool writing, bool making) {
  if (url.rfind("sqlite:", 0) != 0) return false;
  const std::string path = url.substr(url.find(':') + 1);
  std::error_code error;
  const std::string denied = denied_file(path, writing || (making && !std::filesystem::exists(path, error)));
  if (denied.empty()) return false;
  report({Code::unavailable, "cannot open store '" + url + "': no permission for '" + denied + "'"});
  return true;
}

}  // namespace maildrop::cmd
