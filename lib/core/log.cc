/// log.cc: one event, one escaped line on standard error.
#include "core/log.h"

#include <limits.h>
#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace maildrop::log {

namespace {

using Format = LogSettings::Format;

constexpr std::size_t kUsualLine = 320;      // bytes; longer ones are rare
constexpr std::size_t kGathered = PIPE_BUF;  // what a pipe that has room takes without blocking
constexpr std::size_t kMostText = 256;       // bytes shown of a value: a stranger chose its length

std::atomic<std::uint64_t> dropped_lines{0};
std::atomic<Level> least{Level::info};
std::atomic<Format> form{Format::text};
std::atomic<bool> to_journal{false};
std::atomic<bool> has_reader{true};  // a file has none that could stall

/// Standard error by write(2): whole lines, nothing buffered, and lines that cannot be written are counted and
/// forgotten.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string_view text(message.payload.data(), message.payload.size());
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

  bool torn_ = false;  // the last line has no end
};

spdlog::logger& logger() {
  static spdlog::logger* instance = [] {
    auto* made = new spdlog::logger("maildrop", std::make_shared<StderrSink>());  // lives as long as any thread may log
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

thread_local std::string gathered;
thread_local bool gathers = false;

void send(std::string_view lines) {
  if (!lines.empty()) logger().log(spdlog::level::info, spdlog::string_view_t(lines.data(), lines.size()));
}

std::string number(double value) {
  char text[40];
  const int n = std::snprintf(text, sizeof text, "%.6g", value);
  return std::string(text, static_cast<std::size_t>(n));
}

bool is_absent(const Field& field) { return std::holds_alternative<std::monostate>(field.value); }

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
      if (!is_absent(field)) line[std::string(field.key)] = json_value(field);
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
    if (is_absent(field)) continue;
    out += ' ';
    out += field.key;
    out += '=';
    append_value(out, field);
  }
  return out;
}

void open(const LogSettings& settings) {
  least = settings.level;
  struct stat there {};
  has_reader = ::fstat(STDERR_FILENO, &there) != 0 || !S_ISREG(there.st_mode);
  to_journal = stderr_is_journal();
  form = settings.format == Format::json ? Format::json : Format::text;
}

bool enabled(Level level) { return level >= least.load(std::memory_order_relaxed); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  Format as = form.load(std::memory_order_relaxed);
  if (as == Format::text && to_journal) as = Format::automatic;
  try {
    std::string line = format(as, level, event, fields, SystemClock().now());
    line += '\n';
    if (!gathers) return send(line);
    if (gathered.size() + line.size() > kGathered) Gather::flush();
    gathered += line;
    if (level >= Level::warning) Gather::flush();
  } catch (...) {  // out of memory: mail goes on without its line
    dropped_lines.fetch_add(1, std::memory_order_relaxed);
  }
}

Gather::Gather() { gathers = true; }

Gather::~Gather() {
  flush();
  gathers = false;
}

void Gather::flush() {
  send(gathered);
  gathered.clear();
}

std::uint64_t dropped() { return dropped_lines.load(std::memory_order_relaxed); }

}  // namespace maildrop::log
