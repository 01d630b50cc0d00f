/// log.cc: one event, one escaped line on standard error.
#include "core/log.h"

#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

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

std::atomic<std::uint64_t> dropped_lines{0};
std::atomic<Level> least{Level::info};
std::atomic<Format> form{Format::text};
std::atomic<bool> to_journal{false};
std::atomic<bool> has_reader{true};  // a file has none that could stall

/// Standard error by write(2): whole lines, nothing buffered, and a line that cannot be written is counted and
/// forgotten.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    // What a full pipe or disk cut off must not run into the next line.
    if (torn_ && !put("\n")) return count();
    torn_ = false;
    if (!put({message.payload.data(), message.payload.size()})) count();
  }
  void flush_() override {}

 private:
  bool put(std::string_view text) {
    while (!text.empty()) {
      // A reader that has stalled (a hung journal, a pager) must not stall the loops: its lines are dropped.
      pollfd ready{STDERR_FILENO, POLLOUT, 0};
      if (has_reader.load(std::memory_order_relaxed) && ::poll(&ready, 1, 0) == 0) return false;
      const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
      torn_ = !text.empty();
    }
    return true;
  }
  void count() { dropped_lines.fetch_add(1, std::memory_order_relaxed); }

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

std::string number(double value) {
  char text[40];
  const int n = std::snprintf(text, sizeof text, "%.6g", value);
  return std::string(text, static_cast<std::size_t>(n));
}

using Json = nlohmann::ordered_json;

Json json_value(const Field& field) {
  // Valid UTF-8, and nothing that a terminal would obey when somebody looks at the log.
  if (const auto* text = std::get_if<std::string_view>(&field.value)) return terminal_safe(*text);
  if (const auto* whole = std::get_if<std::int64_t>(&field.value)) return *whole;
  return std::get<double>(field.value);
}

std::string text_value(const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) return log_value(*text);
  if (const auto* whole = std::get_if<std::int64_t>(&field.value)) return std::to_string(*whole);
  return number(std::get<double>(field.value));
}

}  // namespace

std::string format(Format format, Level level, std::string_view event, std::initializer_list<Field> fields, Time now) {
  if (format == Format::json) {
    Json line{{"time", rfc3339(now)}, {"level", name_of(level)}, {"event", event}};
    for (const Field& field : fields) line[std::string(field.key)] = json_value(field);
    return line.dump();
  }
  std::string out;
  // The journal keeps time and priority itself.
  if (format == Format::automatic) {
    out += priority_of(level);
  } else {
    out += rfc3339(now) + " " + std::string(name_of(level)) + " ";
  }
  out += event;
  for (const Field& field : fields) {
    out += ' ';
    out += field.key;
    out += '=';
    out += text_value(field);
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
    logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  } catch (...) {  // out of memory: mail goes on without its line
    dropped_lines.fetch_add(1, std::memory_order_relaxed);
  }
}

std::uint64_t dropped() { return dropped_lines.load(std::memory_order_relaxed); }

}  // namespace maildrop::log
