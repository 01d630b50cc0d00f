/// inbox.cc: maildrop inbox: options, and which way they lead. The work is in inbox_run.cc.
#include "inbox.h"

#include <charconv>

#include "api/client.h"
#include "command.h"
#include "core/text.h"
#include "export_target.h"
#include "help.h"
#include "inbox_run.h"
#include "local_store.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kInboxExamples =
    "maildrop inbox bob                       # what bob has, newest first\n"
    "maildrop inbox bob latest                # read the newest\n"
    "maildrop inbox bob --wait=30s -g 'code'  # wait for a message about a code";

/// `30s`, as it is written after `--wait ` by who does not know that it takes its value with `=`. It could be the start
/// of an id, but of such short ones nobody needs to be told apart from times.
bool is_time(const std::string& text) {
  return text.size() < kShortestPrefix && text.find_first_not_of("0123456789") != std::string::npos &&
         parse_duration(text);
}

/// What is wrong with this combination with --export; empty: nothing.
std::string export_objection(const InboxOptions& options) {
  const std::string& format = options.export_format;
  if (options.has_form()) return "--export writes whole messages: no --raw, --headers, --text, --transcript or --why";
  if (options.remove || options.follow || options.wait) return "--export excludes --delete, --follow and --wait";
  const bool to_output = options.output.empty() || options.output == "-";
  if (format != "mbox" && to_output) return "--export=" + format + " needs -o FOLDER";
  if (options.json && to_output) return "--json and the mbox need an output each: give -o FILE";
  if (format == "maildir" && options.force) return "--export=maildir replaces nothing: no --force";
  return !options.ids.empty() && options.limit ? "-n counts messages of a list: give no id" : "";
}

/// What is wrong with this combination; empty: nothing.
std::string objection(const InboxOptions& options) {
  if (!options.export_format.empty()) return export_objection(options);
  const int forms = options.raw + options.headers + options.text + options.transcript + options.why;
  const bool why_json = options.why && options.json;  // one form: the verdicts as JSON
  if (forms + options.json - why_json > 1)
    return "only one of --raw, --headers, --text, --transcript, --why and --json (--why --json goes)";
  if (options.transcript && !options.api.empty()) return "--transcript reads the local store: no server tells it";
  if (options.follow && options.wait) return "--follow and --wait exclude each other";
  if (options.remove) {
    if (options.ids.empty()) return "--delete needs the messages to delete: ids, or - to read them from standard input";
    if (options.follow || options.wait) return "--delete does not wait";
    if (forms > 0) return "--delete shows no message";
    return "";
  }
  for (const std::string& id : options.ids) {
    if (options.wait && is_time(id)) return "'" + id + "' is a time and no message: write --wait=" + id;
  }
  if (options.ids.size() > 1) return "one message at a time (several with --delete and --export)";
  if (options.follow && !options.ids.empty()) return "--follow shows every message: give no id";
  if (!options.ids.empty() && options.limit) return "-n counts messages of a list: give no id";
  const bool one = !options.ids.empty() || options.wait || options.follow;
  if (forms > 0 && !one) return "which message? add latest, a number or an id";
  return "";
}

/// The server decides what the name means: here it is only made canonical, with nothing taken off.
tl::expected<Source, int> open_server(const InboxOptions& options) {
  InboxSettings as_typed;
  as_typed.plus_tag = InboxSettings::PlusTag::keep;
  if (options.name.find('@') != std::string::npos) as_typed.naming = InboxSettings::Naming::full;
  auto inbox = inbox_named(options.name, as_typed);
  if (!inbox) return tl::unexpected<int>(inbox.error());
  auto client = api::open_client(options.api);
  if (!client && client.error().code == Code::invalid)
    return tl::unexpected<int>(usage_error("inbox", client.error().what));
  if (!client) return tl::unexpected<int>(report(client.error()));
  api::Client* server = client->get();
  return Source{std::move(*client), polling_feed(), std::move(*inbox), server};
}

/// For --wait one that is not there yet is like one that goes away later: it may come. Gives the status where it does
/// not, or never will be of use.
tl::expected<LocalStore, int> await_local_store(store::OpenOptions store, const mail::Inbox& inbox, Moment asked,
                                                std::chrono::milliseconds most) {
  LocalStore local{std::move(store), nullptr};
  const auto look = [&local]() -> Result<std::optional<int>> {
    auto opened = store::open_store(local.options);
    if (opened) {
      local.store = std::move(*opened);
      return std::optional<int>(exit_ok);
    }
    const Error& error = opened.error();
    if (report_denied_store(local.options.url, false)) return std::optional<int>(exit_no_permission);
    const bool may_come =
        error.code == Code::not_found || error.code == Code::unavailable || error.code == Code::timed_out;
    if (may_come) return fail(Code::unavailable, error.what);
    return std::optional<int>(report(error));
  };
  const auto status = watch(*polling_feed(), moment_after(asked, most), look);
  if (!status) return tl::unexpected<int>(report(status.error()));
  if (!*status) return tl::unexpected<int>(nothing_came(inbox, most));
  if (!local.store) return tl::unexpected<int>(**status);
  return local;
}

tl::expected<Source, int> open_local(const InboxOptions& options, const Globals& globals, const Clock& clock) {
  const Moment asked = std::chrono::steady_clock::now();
  const auto loaded = load(globals);
  if (!loaded) return tl::unexpected<int>(loaded.error());
  auto inbox = inbox_named(options.name, loaded->config.inbox);
  if (!inbox) return tl::unexpected<int>(inbox.error());
  auto where = local_options(*loaded, globals, clock);
  if (!where) return tl::unexpected<int>(where.error());
  auto local = options.wait ? await_local_store(std::move(*where), *inbox, asked, *parse_duration(options.wait_time))
                            : open_local_store(*loaded, globals, clock);
  if (!local) return tl::unexpected<int>(local.error());
  auto feed = store::open_feed(local->options);
  if (!feed) return tl::unexpected<int>(no_store(local->options.url, feed.error()));
  return Source{std::move(local->store),     std::move(*feed), std::move(*inbox), nullptr, asked,
                loaded->config.limits.exempt};
}

int run(const InboxOptions& options, const Globals& globals) {
  const std::string wrong = objection(options);
  if (!wrong.empty()) return usage_error("inbox", wrong);
  if (!options.api.empty() && !(globals.config_file.empty() && globals.sets.empty())) {
    return usage_error("inbox", "--api asks a server, --config and --set are for the local store: one of them");
  }
  const SystemClock clock;
  auto source = options.api.empty() ? open_local(options, globals, clock) : open_server(options);
  return source ? InboxRun(options, *source, clock).main() : source.error();
}

/// An error of this parses as one of the option's.
CLI::Option* duration(CLI::Option* option) {
  const auto check = [](std::string& value) {
    const auto parsed = parse_duration(value);
    return parsed ? std::string() : parsed.error().what;
  };
  return option->type_name("TIME")->check(CLI::Validator(check, ""));
}

CLI::Option* pattern(CLI::Option* option) {
  const auto check = [](std::string& value) {
    const auto parsed = Pattern::parse(value);
    return parsed ? std::string() : parsed.error().what;
  };
  return option->type_name("REGEX")->check(CLI::Validator(check, ""));
}

CLI::Option* count(CLI::Option* option) {
  const auto check = [](std::string& value) {
    unsigned number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc() && stop == end && number > 0) return std::string();
    return "'" + value + "' is no whole number above 0";
  };
  return option->type_name("N")->check(CLI::Validator(check, ""));
}

CLI::Option* file_name(CLI::Option* option) {
  const auto check = [](std::string& value) {
    return std::string(value.empty() ? "the name of a file is needed" : "");
  };
  return option->type_name("FILE")->check(CLI::Validator(check, ""));
}

std::function<int()> declare_inbox(CLI::App& app, const Globals& globals) {
  auto o = std::make_shared<InboxOptions>();
  app.add_option("NAME", o->name, "The inbox: bob, or bob@example.org.")->required();
  app.add_option("ID", o->ids, "The message: latest, a number (1 is the newest), an id or the start of one.");
  app.add_flag("--raw", o->raw, "Show the message byte for byte as it is stored.");
  app.add_flag("--headers", o->headers, "Show the header only, as it was written.");
  app.add_flag("--text", o->text, "Show the text only: HTML is turned into text if there is nothing else.");
  app.add_flag("--transcript", o->transcript, "Show what client and server said (smtp.transcript_size).");
  app.add_flag("--why", o->why,
               "Show what each filter found: mark, score, reasons, and the facts they went by; with --json as one "
               "object, schema maildrop.verdicts/1.");
  app.add_flag("--json", o->json, "Write one JSON object a line, schema maildrop.message/1.");
  file_name(app.add_option("-o,--output", o->output,
                           "Write to a new file of mode 0600 instead of standard output; to a folder of that name for "
                           "--export=eml and maildir."));
  app.add_flag("--force", o->force, "Let -o replace files, and --raw and --export=mbox write to a terminal.");
  app.add_flag("--delete", o->remove, "Delete these messages; - reads ids from standard input.");
  one_of(
      app.add_option("--export", o->export_format, "Write messages for other mail programs, the oldest first, to -o."),
      kExportFormats);
  app.add_flag("-f,--follow", o->follow, "Go on showing messages as they come, the oldest first.");
  auto* wait =
      app.add_flag("--wait{30s}", o->wait_time,
                   "Wait until there is a message that fits, show it and end. One that is there already counts.");
  duration(wait);
  count(app.add_option("-n,--limit", o->limit, "List at most so many, the newest."));
  pattern(app.add_option("-g,--grep", o->grep,
                         "Only messages whose subject or sender matches this extended regular expression; "
                         "one without capitals ignores case."));
  one_of(app.add_option("--quarantined", o->quarantined,
                        "Whether messages that filters quarantined are listed and can be named."),
         {"hidden", "shown", "only"});
  app.add_option("--api", o->api, "Ask the server at this address instead of opening the local store.")
      ->type_name("URL");
  one_of(app.add_option("--color", o->colour, "Use colour."), kColours);
  app.add_flag("--no-pager", o->no_pager, "Write to the terminal directly.");
  return [o, &globals, wait] {
    o->wait = wait->count() > 0;
    return run(*o, globals);
  };
}

}  // namespace

extern const Command inbox_command{"inbox", "List an inbox, or read, wait for, export and delete its messages.",
                                   declare_inbox, false, kInboxExamples};

}  // namespace maildrop::cmd
