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
  /// What makes two lines the same (see write()): `varies` is written and does not count, `tells_kind` the reverse.
  enum class Role { plain, varies, tells_kind };

  std::variant<std::string_view, std::int64_t, double, std::monostate> value;
  Role role = Role::plain;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  template <class N>
  requires std::is_integral_v<N> Field(std::string_view k, N v) : key(k), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <class T>
  static Field varying(std::string_view key, const T& value) {
    Field field(key, value);
    field.role = Role::varies;
    return field;
  }
  static Field varying_if_any(std::string_view key, std::string_view text) {
    Field field = if_any(key, text);
    field.role = Role::varies;
    return field;
  }
  /// Such as the network of a peer, of which each line has another address.
  static Field telling_kind(std::string_view text) {
    Field field("", text);
    field.role = Role::tells_kind;
    return field;
  }
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

/// Sets level, format and where lines go for the process; called once at start and again after a reload. Before it:
/// info, text, stderr. Format `automatic` is text with journal priorities (`<6>`, no time) when they go to the journal
/// (stderr is JOURNAL_STREAM), text with a time otherwise.
/// Where the log goes to a file (rotated_file.h) from now on, its last line on stderr says to which. One that cannot be
/// opened stops nobody: stderr hears why, and each line tries it again.
void open(const LogSettings& settings);
/// Whether the file can be had.
Result<void> check_file(const LogSettings& settings);

/// `file` tells the module whose level counts: of `.../smtp/server.cc` it is `smtp`.
bool enabled(Level level, const char* file = __builtin_FILE());

/// Writes `event key=value ...` or one JSON object, of each text at most its first 256 bytes. Warnings, errors, and
/// lines with a field that varies are folded where they come again and again (log_fold.h; log.repeats). Thread-safe;
/// never waits for a reader that has stalled, and a disk that is full stops nobody: the line is dropped and counted.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {},
           const char* file = __builtin_FILE());

inline void debug(std::string_view e, std::initializer_list<Field> f = {}, const char* file = __builtin_FILE()) {
  write(Level::debug, e, f, file);
}
inline void info(std::string_view e, std::initializer_list<Field> f = {}, const char* file = __builtin_FILE()) {
  write(Level::info, e, f, file);
}
inline void warning(std::string_view e, std::initializer_list<Field> f = {}, const char* file = __builtin_FILE()) {
  write(Level::warning, e, f, file);
}
inline void error(std::string_view e, std::initializer_list<Field> f = {}, const char* file = __builtin_FILE()) {
  write(Level::error, e, f, file);
}

/// Writes of the lines that were held back what is due, with `repeated`, and each minute how many lines were lost, on
/// stderr, too, where the log is elsewhere. To be called each few seconds, as nobody else may have anything to log.
/// `all`, at the end of the process, writes what this thread has gathered, too, so that it may end without unwinding. A
/// process that is killed loses what it held back, of a minute at most. Thread-safe.
enum class Settle { due, all };
void settle(Settle what = Settle::due);

/// While one lives, the lines of its thread are gathered and written together: at its end, when there are 4 KiB of
/// them, and at once with a warning or an error. Not nested. A process that ends without unwinding loses, uncounted,
/// what other threads have gathered: the lines of one turn of their loops.
class Gather {
 public:
  Gather();
  ~Gather();
  Gather(const Gather&) = delete;
};

/// The line that write() would send, without the newline: for tests.
std::string format(LogSettings::Format format, Level level, std::string_view event, std::initializer_list<Field> fields,
                   Time now);

/// Lines lost because stderr or the file could not take them.
std::uint64_t dropped();
/// Lines held back so far, for which another stands or will.
std::uint64_t repeated();

}  // namespace maildrop::log
