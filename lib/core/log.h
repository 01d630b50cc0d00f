/// log.h: one line for each thing that happened. Only cmd logs, and the files that "Who logs" in lib/README.md names:
/// other libraries return.
///
/// Values are escaped here, so a stranger's bytes cannot forge a line. A log that cannot be written never stops mail:
/// lines are dropped and counted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"

namespace maildrop::log {

using Level = LogSettings::Level;

struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, std::monostate> value;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  template <class N>
  requires std::is_integral_v<N> Field(std::string_view k, N v) : key(k), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  /// Left out where there is no text.
  static Field if_any(std::string_view key, std::string_view text) {
    Field field(key, text);
    if (text.empty()) field.value = std::monostate();
    return field;
  }
  /// Left out where there is none.
  static Field if_any(std::string_view key, const std::optional<double>& number) {
    Field field(key, number.value_or(0));
    if (!number) field.value = std::monostate();
    return field;
  }
  /// Left out where it is 0.
  static Field if_any(std::string_view key, std::uint64_t number) {
    Field field(key, number);
    if (number == 0) field.value = std::monostate();
    return field;
  }
};

/// Sets level and format for the process; called once at start and again after a reload. Before it: info, text.
/// Format `automatic` is text with journal priorities (`<6>`, no time) when stderr is the journal (JOURNAL_STREAM),
/// text with a time otherwise.
void open(const LogSettings& settings);

bool enabled(Level level);

/// Writes `event key=value ...` or one JSON object to stderr, of each text at most its first 256 bytes. Thread-safe;
/// never waits for a reader that has stalled: the line is dropped and counted.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void debug(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::debug, e, f); }
inline void info(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::info, e, f); }
inline void warning(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::warning, e, f); }
inline void error(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::error, e, f); }

/// While one lives, the lines of its thread are gathered and written together: at its end, when there are 4 KiB of
/// them, and at once with a warning or an error. Not nested. A process that ends without unwinding loses, uncounted,
/// what other threads have gathered: the lines of one turn of their loops.
class Gather {
 public:
  Gather();
  ~Gather();
  Gather(const Gather&) = delete;

  /// Before the process ends without unwinding. No effect on a thread that gathers nothing.
  static void flush();
};

/// The line that write() would send, without the newline: for tests.
std::string format(LogSettings::Format format, Level level, std::string_view event, std::initializer_list<Field> fields,
                   Time now);

/// Lines lost because stderr could not take them.
std::uint64_t dropped();

}  // namespace maildrop::log
