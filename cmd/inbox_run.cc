/// inbox_run.cc: lists, shows, follows and waits. The rest is in inbox_delete.cc and inbox_export.cc.
#include "inbox_run.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "command.h"
#include "core/text.h"
#include "mail/headers.h"

namespace maildrop::cmd {
namespace {

constexpr std::chrono::milliseconds kLastLook{500};  // for an answer to the look that begins when --wait runs out

/// ` (2 in quarantine: --quarantined=only)`; empty where there are none.
std::string hint(const Summaries& quarantined, std::string_view option) {
  if (quarantined.empty()) return "";
  return " (" + std::to_string(quarantined.size()) + " in quarantine: --quarantined=" + std::string(option) + ")";
}

/// By our own Received field, which is the first: `by HOST with LMTPS id ...`.
bool came_by_lmtp(const std::string& data) {
  const mail::Headers headers = mail::scan_headers(data);
  const mail::HeaderField* const received = headers.find("Received");
  const std::string_view value = received ? received->value : std::string_view();
  const std::size_t by = value.find("\tby ");
  if (by == std::string_view::npos) return false;
  return value.substr(by, value.find(" id ", by) - by).find("LMTP") != std::string_view::npos;
}

}  // namespace

InboxRun::InboxRun(const InboxOptions& options, Source& source, const Clock& clock, int fd)
    : options_(options), source_(source), clock_(clock), output_(fd), screen_(screen_of(fd, options.colour)) {
  if (options_.output.empty() || options_.output == "-") return;
  screen_ = Screen{};
  screen_.fd = -1;
}

InboxRun::~InboxRun() {
  if (file_ >= 0) ::close(file_);
}

Form InboxRun::form() const {
  if (options_.raw) return Form::raw;
  if (options_.headers) return Form::headers;
  if (options_.text) return Form::text;
  if (options_.transcript) return Form::transcript;
  if (options_.why) return options_.json ? Form::json_verdicts : Form::verdicts;
  return options_.json ? Form::json : Form::screen;
}

int InboxRun::status_for(const Error& error) const {
  if (source_.server && error.code == Code::invalid) return exit_no_name;  // the name, or the server's own
  if (source_.server && error.code == Code::corrupt) return exit_data;     // it is not its disk that we read
  return exit_for(error);
}

int InboxRun::tell_empty() const {
  report({Code::not_found, "no messages in '" + source_.inbox.name() + "'" +
                               (options_.grep.empty() ? "" : " that fit") + hint(hidden(), "only")});
  return exit_nothing;
}

void InboxRun::tell_missing(const std::string& selector) const {
  const Summaries quarantined = hidden();
  const bool there = selector.size() >= kShortestPrefix && pick(quarantined, selector);
  report({Code::not_found, "no message '" + selector + "' in '" + source_.inbox.name() + "'" +
                               (there ? " (it is in quarantine: --quarantined=shown)" : hint(quarantined, "shown"))});
}

/// To people only: a script has asked for what it gets.
void InboxRun::tell_hidden(const store::Summary* newest) const {
  if (options_.json) return;
  Summaries quarantined = hidden();
  if (newest) std::erase_if(quarantined, [=](const store::Summary& each) { return each.received <= newest->received; });
  if (quarantined.empty()) return;
  report({Code::not_found, (newest ? "there is newer mail in '" : "there is more in '") + source_.inbox.name() + "'" +
                               hint(quarantined, "shown")});
}

/// Where that cannot be told now, nothing is: what was asked for has its answer.
Summaries InboxRun::hidden() const {
  if (options_.quarantined != "hidden") return {};
  Summaries all = source_.inboxes->list(source_.inbox, {.quarantined = store::Quarantined::only}).value_or(Summaries());
  std::erase_if(all, [this](const store::Summary& each) {  // a server that knows no marks lists all
    return each.mark != store::Mark::quarantine || !pattern_.matches(each);
  });
  return all;
}

Result<void> InboxRun::write(std::string_view text, bool paged) {
  if (screen_.fd < 0) {
    const auto file = create_file(options_.output, options_.force);
    if (!file) failed_ = exit_cannot_create;
    file_ = screen_.fd = TRY(file);
  }
  const auto written = paged && !options_.no_pager ? page(screen_, text) : print(screen_.fd, text);
  if (!written) failed_ = exit_io;
  return written;
}

Result<Summaries> InboxRun::messages() {
  store::Query query;
  query.quarantined = store::quarantined_named(options_.quarantined).value_or(store::Quarantined::hidden);
  Summaries all = TRY(source_.inboxes->list(source_.inbox, query));
  prefix_ = prefix_length(all);
  const auto unwanted = [this](const store::Summary& each) { return !pattern_.matches(each); };
  all.erase(std::remove_if(all.begin(), all.end(), unwanted), all.end());
  return all;
}

std::string InboxRun::list_text(const Summaries& shown) const {
  std::string out;
  if (options_.json) {
    for (const store::Summary& each : shown) out += json_message(source_.inbox.name(), each);
    return out;
  }
  Table table(screen_, prefix_, clock_.now());
  table.fit(shown);
  out = table.heading();
  for (const store::Summary& each : shown) out += table.row(each);
  return out;
}

Result<int> InboxRun::list() {
  Summaries shown = TRY(messages());
  if (shown.empty()) return tell_empty();
  if (options_.limit && *options_.limit < shown.size()) shown.erase(shown.begin() + *options_.limit, shown.end());
  TRY(write(list_text(shown), true));
  tell_hidden(nullptr);
  return exit_ok;
}

Result<store::Message> InboxRun::fetch(const store::Summary& summary) {
  const bool apart = source_.server && (options_.why || options_.json);  // a server tells verdicts by themselves
  if (!apart) return source_.inboxes->get(source_.inbox, summary.id);
  store::Message message;
  message.summary = summary;
  if (!options_.why) message = TRY(source_.inboxes->get(source_.inbox, summary.id));
  Result<std::string> verdicts = source_.server->verdicts(source_.inbox, summary.id);
  if (!verdicts && verdicts.error().code != Code::not_found) return tl::unexpected(std::move(verdicts).error());
  if (verdicts) message.verdicts = std::move(*verdicts);
  return message;
}

std::string InboxRun::why_unjudged(const store::Message& message) const {
  const std::string& client = message.summary.peer;
  const auto address = IpAddress::parse(client);
  if (came_by_lmtp(message.data)) return "it came by LMTP";
  if (client == "local") return "it came over a unix socket";
  if (address && contains(source_.exempt, *address)) return "its client, " + client + ", is in limits.exempt";
  return "its client was in limits.exempt, or it came by LMTP or over a unix socket, or no filter was on";
}

Result<void> InboxRun::show_message(const store::Summary& summary, bool paged) {
  const store::Message message = TRY(fetch(summary));
  const bool no_transcript = options_.transcript && message.transcript.empty();
  if (no_transcript || (options_.why && message.verdicts.empty())) {
    failed_ = exit_nothing;
    return fail(Code::invalid, no_transcript
                                   ? "no transcript of '" + summary.id.text() + "' was kept"
                                   : "no filter judged '" + summary.id.text() + "': " + why_unjudged(message));
  }
  return write(show(form(), source_.inbox.name(), message, screen_), paged && !options_.raw);
}

Result<std::optional<int>> InboxRun::look_for(const std::string& selector) {
  const Summaries all = TRY(messages());
  const auto found = pick(all, selector);
  if (!found && found.error().code == Code::invalid)
    return std::optional<int>(usage_error("inbox", found.error().what));
  if (!found) return std::optional<int>();
  const auto shown = show_message(*found, !options_.wait);
  if (!shown && shown.error().code == Code::not_found) return std::optional<int>();  // removed in between
  if (!shown) return tl::unexpected<Error>(shown.error());
  if (selector == "latest" && !options_.wait) tell_hidden(&*found);
  return std::optional<int>(exit_ok);
}

Result<int> InboxRun::show_one() {
  const std::string selector = options_.ids.empty() ? "latest" : options_.ids.front();
  if (!options_.wait) {
    const auto status = TRY(look_for(selector));
    if (status) return *status;
    tell_missing(selector);
    return exit_nothing;
  }
  const auto most = TRY(parse_duration(options_.wait_time));
  const Moment end = moment_after(source_.asked, most);
  if (source_.server) source_.server->end_by(end + kLastLook);
  const auto status = TRY(watch(*source_.feed, end, [this, &selector] { return settled(look_for(selector)); }));
  return status ? *status : nothing_came(source_.inbox, most, hint(hidden(), "shown"));
}

Result<std::optional<int>> InboxRun::settled(Result<std::optional<int>> seen) const {
  if (seen || !failed_) return seen;
  report(seen.error());
  return std::optional<int>(*failed_);
}

Result<void> InboxRun::show_new(const Summaries& fresh) {
  if (options_.has_form()) {
    for (const store::Summary& each : fresh) {
      const auto shown = show_message(each, false);
      if (shown || shown.error().code == Code::not_found) continue;
      if (failed_ != exit_nothing) return shown;
      report(shown.error());  // nothing of that kind was kept of this one
      failed_.reset();
    }
    return {};
  }
  const Table table(screen_, prefix_, clock_.now());
  std::string out;
  for (const store::Summary& each : fresh) {
    out += options_.json ? json_message(source_.inbox.name(), each) : table.row(each);
  }
  return out.empty() ? Result<void>() : write(out, false);
}

Result<int> InboxRun::follow() {
  std::set<store::MessageId> known;  // bounded by what the inbox holds: it is what the last look showed
  bool first = true;
  const auto look = [&]() -> Result<std::optional<int>> {
    const Summaries all = TRY(messages());
    std::set<store::MessageId> now;
    Summaries fresh;
    for (const store::Summary& each : all) {
      now.insert(each.id);
      if (known.count(each.id) == 0) fresh.push_back(each);
    }
    if (first && options_.limit && *options_.limit < fresh.size())
      fresh.erase(fresh.begin() + *options_.limit, fresh.end());
    if (first && form() == Form::screen) TRY(write(Table(screen_, prefix_, clock_.now()).heading(), false));
    std::reverse(fresh.begin(), fresh.end());
    TRY(show_new(fresh));
    known.swap(now);
    first = false;
    return std::optional<int>();
  };
  const auto status = TRY(watch(*source_.feed, std::nullopt, [this, &look] { return settled(look()); }));
  return status.value_or(exit_ok);
}

Result<int> InboxRun::run() {
  if (options_.remove) return remove();
  if (!options_.export_format.empty()) return export_messages();
  if (options_.follow) return follow();
  return options_.wait || !options_.ids.empty() ? show_one() : list();
}

int InboxRun::main() {
  if (::signal(SIGINT, SIG_IGN) != SIG_IGN) ::signal(SIGINT, [](int) { ::_exit(exit_interrupted); });
  auto pattern = Pattern::parse(options_.grep);
  if (!pattern) return usage_error("inbox", pattern.error().what);
  pattern_ = std::move(*pattern);
  if ((options_.raw || options_.export_format == "mbox") && screen_.terminal && !options_.force) {
    return usage_error("inbox", std::string(options_.raw ? "--raw" : "--export=mbox") +
                                    " can make a terminal do what the sender wants: use -o FILE, a pipe, or --force");
  }
  const auto status = run();
  if (status) return *status;
  report(status.error());
  return failed_ ? *failed_ : status_for(status.error());
}

}  // namespace maildrop::cmd
