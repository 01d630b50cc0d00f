/// session.cc: maildrop session: what the log says of one session, message or request.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "command.h"
#include "core/file_error.h"
#include "core/log_line.h"
#include "core/parse_time.h"
#include "core/random.h"
#include "core/text.h"
#include "help.h"
#include "json_line.h"
#include "service/journal.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kSessionExamples =
    "maildrop session 5t0kz3m8q1vw\n"
    "maildrop session 5t0kz3m8q1vw --since 2h --json\n"
    "docker logs maildrop 2>&1 | maildrop session 5t0kz3m8q1vw --log -";

struct SessionOptions {
  std::string id;
  std::string log;
  std::string since;
  std::string colour = "auto";
  bool journal = false;
  bool json = false;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Where lines come from. Each call gives all of them once more, oldest first; of those that do not hold `id` anywhere
/// it may leave out any.
using LogLines = std::vector<log::Line>;
using EachLogLine = std::function<void(log::Line)>;
using LogSource = std::function<Result<void>(const std::string& id, const EachLogLine& each)>;

void parse_if_of(const std::string& id, std::string_view text, const EachLogLine& each) {
  if (text.find(id) == std::string_view::npos) return;  // nearly all
  if (std::optional<log::Line> line = log::parse_line(text)) each(std::move(*line));
}

/// From its begin. A line that is longer than any of ours is none of ours.
Result<void> read_lines(std::FILE* file, const std::string& name, const std::string& id, const EachLogLine& each) {
  constexpr std::size_t kMostLine = 64 * 1024;
  std::rewind(file);
  std::string buffer(kMostLine, '\0');
  std::size_t held = 0;
  bool too_long = false;
  for (std::size_t more = 1; more > 0;) {
    more = std::fread(buffer.data() + held, 1, buffer.size() - held, file);
    held += more;
    std::string_view left(buffer.data(), held);
    for (std::size_t end = 0; (end = left.find('\n')) != std::string_view::npos; left.remove_prefix(end + 1)) {
      if (!too_long) parse_if_of(id, left.substr(0, end), each);
      too_long = false;
    }
    if (more == 0 && !too_long) parse_if_of(id, left, each);  // the last one has no end yet
    if (left.size() == buffer.size()) {
      too_long = true;
      left.remove_prefix(left.size());
    }
    std::memmove(buffer.data(), left.data(), left.size());
    held = left.size();
  }
  if (std::ferror(file)) return tl::unexpected(file_error("read", name, errno));
  return {};
}

/// Kept in a file of ours, as it is read twice.
Result<LogSource> source_of_pipe(std::FILE* from, const std::string& name) {
  const std::shared_ptr<std::FILE> kept(std::tmpfile(), [](std::FILE* file) {
    if (file) std::fclose(file);
  });
  if (!kept) return tl::unexpected(file_error("make", "a temporary file", errno));
  std::string piece(1 << 16, '\0');
  for (std::size_t size = 0; (size = std::fread(piece.data(), 1, piece.size(), from)) > 0;)
    if (std::fwrite(piece.data(), 1, size, kept.get()) != size)
      return tl::unexpected(file_error("write", "a temporary file", errno));
  if (std::ferror(from)) return tl::unexpected(file_error("read", name, errno));
  return
      [kept, name](const std::string& id, const EachLogLine& each) { return read_lines(kept.get(), name, id, each); };
}

/// PATH.2, PATH.1 and PATH, opened before the first is read, as who writes may rename them meanwhile: then one of them
/// is met twice, or misses.
Result<LogSource> source_of_files(const std::string& path) {
  auto files = std::make_shared<std::vector<std::pair<std::string, File>>>();
  std::set<ino_t> met;
  for (unsigned age = 0, missing = 0; missing < 2; ++age) {
    const std::string name = age == 0 ? path : path + "." + std::to_string(age);
    File file(std::fopen(name.c_str(), "re"));
    struct stat found {};
    if ((!file || ::fstat(::fileno(file.get()), &found) != 0) && age == 0)
      return tl::unexpected(file_error("open", name, errno));
    if (age == 0 && !S_ISREG(found.st_mode)) return source_of_pipe(file.get(), name);
    missing = file ? 0 : missing + 1;
    if (file && met.insert(found.st_ino).second) files->emplace_back(name, std::move(file));
  }
  return [files](const std::string& id, const EachLogLine& each) -> Result<void> {
    for (auto each_file = files->rbegin(); each_file != files->rend(); ++each_file)
      TRY(read_lines(each_file->second.get(), each_file->first, id, each));
    return {};
  };
}

std::string level_of(int priority) {
  if (priority <= 3) return "error";
  if (priority == 4) return "warning";
  return priority == 7 ? "debug" : "info";
}

LogSource source_of_journal(std::optional<Time> since) {
  return [since](const std::string& id, const EachLogLine& each) {
    return service::read_journal("maildrop", since, [&](const service::JournalEntry& entry) {
      parse_if_of(id, entry.message, [&](log::Line line) {
        if (!line.time) line.time = entry.time;
        if (line.level.empty()) line.level = level_of(entry.priority);
        each(std::move(line));
      });
    });
  };
}

/// All lines of the session that `id` is of; one may know it by a message, and a message is part of what its session
/// did. A request of HTTP has no session.
Result<LogLines> find_lines(const LogSource& source, const std::string& id, std::optional<Time> since) {
  const auto gather = [&](const std::string& wanted, std::initializer_list<std::string_view> keys) {
    LogLines lines;
    const Result<void> read = source(wanted, [&](log::Line line) {
      if (since && line.time && *line.time < *since) return;
      for (const std::string_view key : keys)
        if (line.field(key) == wanted) return lines.push_back(std::move(line));
    });
    return read.map([&] { return std::move(lines); });
  };
  LogLines lines = TRY(gather(id, {"session", "id", "request"}));
  if (lines.empty()) return lines;
  const std::string session(lines.front().field("session"));
  if (session.empty() || session == id) return lines;
  return gather(session, {"session"});
}

bool is_told_above(std::string_view key) { return key == "session" || key == "peer" || key == "request"; }

/// As it stood in the log: escapes are there already.
std::string quoted_where_needed(std::string_view value) {
  if (!value.empty() && value.find_first_of(" =\"") == std::string_view::npos) return std::string(value);
  std::string out = "\"";
  for (const char c : value) out.append(c == '"' ? "\\" : "").append(1, c);
  return out + "\"";
}

std::string shown(const log::Line& line, const Screen& screen) {
  std::string text = line.time ? rfc3339(*line.time).substr(11, 12) : std::string(12, ' ');
  text += "  ";
  if (line.level != "info" && !line.level.empty()) text += terminal_safe(line.level) + ": ";
  text += screen.bold(terminal_safe(line.event));
  for (const auto& [key, value] : line.fields)
    if (!is_told_above(key)) text += " " + terminal_safe(key) + "=" + terminal_safe(quoted_where_needed(value));
  return text + "\n";
}

std::string shown(const LogLines& lines, const Screen& screen) {
  const log::Line& first = lines.front();
  const bool of_http = first.field("session").empty();
  std::string text = of_http ? "request " : "session ";
  text += screen.bold(terminal_safe(first.field(of_http ? "request" : "session"))) + " of " +
          terminal_safe(first.field("peer"));
  if (first.time) text += ", " + rfc3339(*first.time).substr(0, 10) + " (UTC)";
  text += "\n";
  for (const log::Line& line : lines) text += shown(line, screen);
  return text;
}

std::string json_of(const log::Line& line) {
  Json out;
  out["schema"] = "maildrop.log/1";
  if (line.time) out["time"] = rfc3339(*line.time);
  if (!line.level.empty()) out["level"] = line.level;
  out["event"] = valid_utf8(line.event);
  for (const auto& [key, value] : line.fields) out["fields"][valid_utf8(key)] = valid_utf8(value);
  return json_line(out);
}

/// As a shell takes it for one word: a stranger chose the name of his inbox.
std::string as_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word.append(c == '\'' ? "'\\'" : "").append(1, c);
  return terminal_safe(word) + "'";
}

/// How its mail can be looked at, whose verdicts are kept with it.
std::string hints(const LogLines& lines) {
  std::string text;
  for (const log::Line& line : lines)
    if (line.event == "message" && line.field("result") == "stored")
      text += "maildrop inbox " + as_word(line.field("inbox")) + " " + as_word(line.field("id")) + " --why\n";
  return text;
}

bool is_journal(const SessionOptions& options, const LogSettings& settings) {
  return options.log.empty() && (options.journal || settings.file.empty());
}

Result<LogSource> source_for(const SessionOptions& options, const LogSettings& settings, std::optional<Time> since) {
  if (options.log == "-") return source_of_pipe(stdin, "standard input");
  if (is_journal(options, settings)) return source_of_journal(since);
  return source_of_files(options.log.empty() ? settings.file : options.log);
}

int run_session(const Globals& globals, const SessionOptions& options) {
  if (options.journal && !options.log.empty()) return usage_error("session", "--journal and --log are two places");
  const std::string id = options.id.starts_with('[') ? options.id.substr(1, options.id.find(']') - 1) : options.id;
  if (id.empty() || !is_base32(id))
    return usage_error("session", "'" + options.id + "' is no id of a session, message or request");
  std::optional<Time> since;
  if (!options.since.empty()) {
    const Result<Time> parsed = parse_moment(options.since, SystemClock().now());
    if (!parsed) return usage_error("session", "--since: " + parsed.error().what);
    since = *parsed;
  }
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const Result<LogSource> source = source_for(options, loaded->config.log, since);
  if (!source) return report(source.error());
  const Result<LogLines> lines = find_lines(*source, id, since);
  if (!lines) return report(lines.error());
  if (lines->empty()) {
    const bool of_some = is_journal(options, loaded->config.log) && ::geteuid() != 0;
    report({Code::not_found, "the log knows nothing of '" + id + "' (maildrop-session(1) says why that may be)" +
                                 (of_some ? "; only root and the group systemd-journal see all of the journal" : "")});
    return exit_nothing;
  }
  std::string text;
  if (options.json) {
    for (const log::Line& line : *lines) text += json_of(line);
  } else {
    const Screen screen = screen_of(1, options.colour);
    text = shown(*lines, screen);
    if (screen.terminal) text += hints(*lines);
  }
  if (const Result<void> printed = print(1, text); !printed) return report(printed.error());
  return exit_ok;
}

std::function<int()> declare_session(CLI::App& app, const Globals& globals) {
  auto o = std::make_shared<SessionOptions>();
  app.add_option("ID", o->id, "Of a session (a reply of 4xx or 5xx ends in it), a message, or a request over HTTP.")
      ->required();
  app.add_option("--log", o->log, "Look into this file and those before it; - is standard input.")->type_name("FILE");
  app.add_flag("--journal", o->journal, "Look into systemd's journal, also where log.file is set.");
  app.add_option("--since", o->since, "Leave out what is older, such as 2h, yesterday or 2026-11-25.")
      ->type_name("TIME");
  app.add_flag("--json", o->json, "Print each line as an object, schema maildrop.log/1.");
  one_of(app.add_option("--color", o->colour, "Use colour."), kColours);
  return [o, &globals] { return run_session(globals, *o); };
}

}  // namespace

extern const Command session_command{"session", "Tell what the log says of a session or message.", declare_session,
                                     false, kSessionExamples};

}  // namespace maildrop::cmd
