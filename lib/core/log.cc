/// log.cc: one event, one escaped line on standard error or in a file.
#include "core/log.h"

#include <limits.h>
#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "core/log_fold.h"
#include "core/rotated_file.h"
#include "core/text.h"

namespace maildrop::log {

namespace {

using Format = LogSettings::Format;

constexpr std::size_t kUsualLine = 320;      // bytes; longer ones are rare
constexpr std::size_t kGathered = PIPE_BUF;  // what a pipe that has room takes without blocking
constexpr std::size_t kMostText = 256;       // bytes shown of a value: a stranger chose its length

std::atomic<std::uint64_t> dropped_lines{0};
std::atomic<std::uint64_t> repeated_lines{0};
std::atomic<unsigned> most_repeats{LogSettings().repeats};
std::atomic<Format> form{Format::text};
std::atomic<bool> to_journal{false};
std::atomic<bool> has_reader{true};  // a file has none that could stall

/// The least important that is written: of each module, and last of whoever is none (tests).
struct Levels {
  std::array<std::atomic<Level>, LogSettings::kModules.size() + 1> of;
  Levels() { set(LogSettings()); }
  void set(const LogSettings& settings) {
    for (auto& level : of) level = settings.level;
    for (const auto& [module, level] : settings.levels) of[index_of(module)] = level;
  }
  /// `file` lies in the module's folder.
  Level of_file(std::string_view file) const {
    const std::size_t end = std::min(file.rfind('/'), file.size());
    const std::string_view folder = file.substr(0, end);
    return of[index_of(folder.substr(folder.rfind('/') + 1))].load(std::memory_order_relaxed);
  }
  static std::size_t index_of(std::string_view module) {
    const auto& all = LogSettings::kModules;
    return static_cast<std::size_t>(std::find(all.begin(), all.end(), module) - all.begin());
  }
};
Levels least;

std::mutex fold_mutex;
Fold fold;

/// Standard error or a file by write(2): whole lines, nothing buffered, and lines that cannot be written are counted
/// and forgotten.
class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  bool has_file() {
    const std::lock_guard lock(mutex_);
    return file_.has_value();
  }
  /// nothing: standard error.
  void set_file(std::optional<RotatedFile> file) {
    const std::lock_guard lock(mutex_);
    file_ = std::move(file);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string_view text(message.payload.data(), message.payload.size());
    if (file_) {
      if (!file_->append(text)) count(text);
      return;
    }
    // What a full pipe or disk cut off must not run into the next line.
    std::string_view end = "\n";
    if (torn_ && !put(end)) return count(text);
    torn_ = false;
    if (!put(text)) count(text);
  }
  void flush_() override {}

 private:
  /// false: `text` is what could not be written.
  bool put(std::string_view& text) {
    while (!text.empty()) {
      // A reader that has stalled (a hung journal, a pager) must not stall the loops: its lines are dropped.
      pollfd ready{STDERR_FILENO, POLLOUT, 0};
      if (has_reader.load(std::memory_order_relaxed) && ::poll(&ready, 1, 0) == 0) return false;
      const ssize_t n = ::write(STDERR_FILENO, text.data(), std::min(text.size(), kGathered));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
      torn_ = !text.empty();
    }
    return true;
  }
  static void count(std::string_view lost) {
    const auto lines = std::count(lost.begin(), lost.end(), '\n');
    dropped_lines.fetch_add(static_cast<std::uint64_t>(lines), std::memory_order_relaxed);
  }

  std::optional<RotatedFile> file_;
  bool torn_ = false;  // the last line has no end
};

const std::shared_ptr<Sink>& sink() {
  static const auto* instance = new std::shared_ptr<Sink>(std::make_shared<Sink>());
  return *instance;
}

spdlog::logger& logger() {
  static spdlog::logger* instance = [] {
    auto* made = new spdlog::logger("maildrop", sink());  // lives as long as any thread may log
    made->set_level(spdlog::level::trace);
    made->set_error_handler([](const std::string&) { dropped_lines.fetch_add(1, std::memory_order_relaxed); });
    return made;
  }();
  return *instance;
}

/// systemd names the device and inode of the stream it gave us: stderr may have been redirected since.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  unsigned long long device = 0, inode = 0;
  if (!stream || std::sscanf(stream, "%llu:%llu", &device, &inode) != 2) return false;
  struct stat there {};
  return fstat(STDERR_FILENO, &there) == 0 && there.st_dev == device && there.st_ino == inode;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "error";
}

/// sd-daemon(3).
std::string_view priority_of(Level level) {
  switch (level) {
    case Level::debug: return "<7>";
    case Level::info: return "<6>";
    case Level::warning: return "<4>";
    case Level::error: return "<3>";
  }
  return "<3>";
}

thread_local std::string kind_of_line;
thread_local std::string gathered;
thread_local bool gathers = false;

void send(std::string_view lines) {
  if (!lines.empty()) logger().log(spdlog::level::info, spdlog::string_view_t(lines.data(), lines.size()));
}

void flush() {
  send(gathered);
  gathered.clear();
}

/// Past the sink, as nobody may look into its file.
void tell_stderr(Level level, std::string_view event, std::initializer_list<Field> fields) {
  const std::string line =
      format(stderr_is_journal() ? Format::automatic : Format::text, level, event, fields, SystemClock().now()) + "\n";
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&ready, 1, 0) > 0) [[maybe_unused]]
    const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string number(double value) {
  char text[40];
  const int n = std::snprintf(text, sizeof text, "%.6g", value);
  return std::string(text, static_cast<std::size_t>(n));
}

RotatedFile::Plan plan_for(const LogSettings& settings) {
  constexpr std::chrono::milliseconds kPatience{50};  // a loop may be waiting
  return {settings.file, settings.file_size, settings.files, kPatience};
}

bool is_absent(const Field& field) { return std::holds_alternative<std::monostate>(field.value); }
bool is_written(const Field& field) { return !is_absent(field) && field.role != Field::Role::tells_kind; }

using Json = nlohmann::ordered_json;

Json json_value(const Field& field) {
  // Valid UTF-8, and nothing that a terminal would obey when somebody looks at the log.
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    const std::string_view shown = utf8_prefix(*text, kMostText);
    return terminal_safe(shown) + (shown.size() < text->size() ? "..." : "");
  }
  if (const auto* whole = std::get_if<std::int64_t>(&field.value)) return *whole;
  return std::get<double>(field.value);
}

void append_value(std::string& out, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) return append_log_value(out, *text, kMostText);
  if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*whole);
  } else {
    out += number(std::get<double>(field.value));
  }
}

}  // namespace

std::string format(Format format, Level level, std::string_view event, std::initializer_list<Field> fields, Time now) {
  if (format == Format::json) {
    Json line{{"time", rfc3339(now)}, {"level", name_of(level)}, {"event", event}};
    for (const Field& field : fields)
      if (is_written(field)) line[std::string(field.key)] = json_value(field);
    return line.dump();
  }
  std::string out;
  out.reserve(kUsualLine);
  // The journal keeps time and priority itself.
  if (format == Format::automatic) {
    out += priority_of(level);
  } else {
    out.append(rfc3339(now)).append(" ").append(name_of(level)).append(" ");
  }
  out += event;
  for (const Field& field : fields) {
    if (!is_written(field)) continue;
    out += ' ';
    out += field.key;
    out += '=';
    append_value(out, field);
  }
  return out;
}

Result<void> check_file(const LogSettings& settings) {
  return settings.file.empty() ? Result<void>() : RotatedFile(plan_for(settings)).check();
}

void open(const LogSettings& settings) {
  std::optional<RotatedFile> file;
  if (!settings.file.empty()) {
    file.emplace(plan_for(settings)).prune();
    if (!sink()->has_file()) info("the log goes on", {{"file", settings.file}});
    if (const Result<void> opened = file->open(); !opened)
      tell_stderr(Level::error, "the log is lost", {{"error", opened.error().what}});
  }
  const bool to_file = file.has_value();
  least.set(settings);
  most_repeats = settings.repeats;
  form = settings.format == Format::json ? Format::json : Format::text;
  struct stat there {};
  has_reader = !to_file && (::fstat(STDERR_FILENO, &there) != 0 || !S_ISREG(there.st_mode));
  to_journal = !to_file && stderr_is_journal();
  sink()->set_file(std::move(file));
}

bool enabled(Level level, const char* file) { return level >= least.of_file(file); }

namespace {

void put(std::string line, Level level) {
  line += '\n';
  if (!gathers) return send(line);
  if (gathered.size() + line.size() > kGathered) flush();
  gathered += line;
  if (level >= Level::warning) flush();
}

/// A line says who was served, or when something began: it is no repetition. One that may come again and again says so.
bool may_repeat(Level level, std::initializer_list<Field> fields) {
  return level >= Level::warning ||
         std::any_of(fields.begin(), fields.end(), [](const Field& f) { return f.role == Field::Role::varies; });
}

/// All that two lines of one kind have in common.
std::string_view name_kind(Level level, std::string_view event, std::initializer_list<Field> fields) {
  kind_of_line.assign(name_of(level)).append(" ").append(event);
  for (const Field& field : fields) {
    if (field.role == Field::Role::varies || is_absent(field)) continue;
    kind_of_line.append(" ").append(field.key).append("=");
    append_value(kind_of_line, field);
  }
  return kind_of_line;
}

/// false: it was held back.
bool tell_once_more(Level level, std::string_view event, std::initializer_list<Field> fields, std::string& line) {
  const unsigned most = most_repeats.load(std::memory_order_relaxed);
  if (most == 0 || !may_repeat(level, fields)) return true;
  const std::string_view kind = name_kind(level, event, fields);
  const std::lock_guard lock(fold_mutex);
  if (fold.is_written(kind, most, SystemClock().monotonic())) return true;
  fold.hold(std::move(line));
  repeated_lines.fetch_add(1, std::memory_order_relaxed);
  return false;
}

}  // namespace

void write(Level level, std::string_view event, std::initializer_list<Field> fields, const char* file) {
  if (!enabled(level, file)) return;
  Format as = form.load(std::memory_order_relaxed);
  if (as == Format::text && to_journal) as = Format::automatic;
  try {
    std::string line = format(as, level, event, fields, SystemClock().now());
    if (tell_once_more(level, event, fields, line)) put(std::move(line), level);
  } catch (...) {  // out of memory: mail goes on without its line
    dropped_lines.fetch_add(1, std::memory_order_relaxed);
  }
}

namespace {

std::atomic<std::uint64_t> losses_told{0};
std::atomic<Monotonic> losses_told_at{Monotonic()};

/// Not each time: what says so may be lost, too.
void tell_losses() {
  const std::uint64_t lost = dropped_lines.load() - losses_told.load();
  const Monotonic now = SystemClock().monotonic();
  if (lost == 0 || now < losses_told_at.load() + Fold::kWindow) return;
  losses_told = dropped_lines.load();
  losses_told_at = now;
  const Field lines("lines", lost);
  warning("log lines were lost", {lines});
  if (sink()->has_file()) tell_stderr(Level::warning, "log lines were lost", {lines});
}

}  // namespace

void settle(Settle what) {
  try {
    std::vector<Fold::Summary> due;
    {
      const std::lock_guard lock(fold_mutex);
      due = fold.take_due(what == Settle::all ? Monotonic::max() : SystemClock().monotonic());
    }
    for (Fold::Summary& summary : due) {
      const std::string times = std::to_string(summary.repeated);
      const bool json = summary.line.starts_with('{');
      if (json) summary.line.pop_back();
      summary.line.append(json ? ",\"repeated\":" + times + "}" : " repeated=" + times);
      put(std::move(summary.line), Level::info);
    }
    tell_losses();
    if (what == Settle::all) flush();
  } catch (...) {  // out of memory
    dropped_lines.fetch_add(1, std::memory_order_relaxed);
  }
}

Gather::Gather() { gathers = true; }

Gather::~Gather() {
  flush();
  gathers = false;
}

std::uint64_t dropped() { return dropped_lines.load(std::memory_order_relaxed); }
std::uint64_t repeated() { return repeated_lines.load(std::memory_order_relaxed); }

}  // namespace maildrop::log
