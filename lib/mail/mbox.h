/// mbox.h: many messages in one file, each behind a line `From SENDER DATE`. RFC 4155. Pure, and in pieces.
///
/// There are four kinds, which nothing in a file tells apart. What may begin a message is a From_ line: at the begin of
/// the file or behind an empty line, with a sender and a date. A line of a message that would be one is quoted:
///   mboxo     `>` before `From `. What already read `>From ` cannot be told from it, and loses its `>` here
///   mboxrd    `>` before `From `, `>From `, `>>From ` and so on: nothing is lost. What we write
///   mboxcl    as mboxo, with a Content-Length
///   mboxcl2   nothing is quoted: the Content-Length tells where a message ends
/// A sender may write Content-Length, too, and so hide the next message in his own, whose size he often knows. So it is
/// not looked at unless the caller knows that the file is an mboxcl2: what mboxrd() wrote is divided as it was written.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace maildrop::mail {

/// What a From_ line tells.
struct FromLine {
  std::optional<std::string> sender;  // of the envelope, without <>; empty for a bounce; nothing: not told
  Time date{};                        // of delivery; UTC where no zone, or an unknown one, is given
};

/// `From bob@example.org Tue Nov 14 22:13:20 2023`, without its line end: some words, a day of the week, and the date
/// as asctime(3) has it, with or without seconds, a zone before or behind the year; or as RFC 5322 has it. Nothing for
/// any other line: prose begins with `From here on`.
std::optional<FromLine> parse_from_line(std::string_view line);

/// The message as a piece of an mboxrd: From_ line (what cannot stand in it is `?`), lines that end in LF, a `>` more
/// before what matches `^>*From `, an empty line behind. MboxSplitter gives the same bytes again where every line ended
/// in CRLF and the first of them not in CR CR LF.
std::string mboxrd(std::string_view message, const FromLine& from);

/// How a file tells where a message ends.
enum class MboxDivision {
  quotes,   // by From_ lines: mboxo, mboxrd, mboxcl
  lengths,  // by Content-Length where that leads to a From_ line or to the end exactly, else by From_ lines: mboxcl2
};

struct MboxMessage {
  FromLine from;
  std::string data;  // unquoted, lines end in CRLF; without the empty line that divides messages
};

/// Takes an mbox in pieces of any size, gives it in messages. In memory are at most a message, a piece, and the same
/// again for moving them. A file in which From_ lines or the lines behind them end in CRLF has CRLF for line ends, and
/// a bare LF is one too; in any other LF ends a line, and a CR before it belongs to the text. Not thread-safe.
class MboxSplitter {
 public:
  /// What is larger than `max_size` is an error: over_limit.
  explicit MboxSplitter(std::size_t max_size, MboxDivision division = MboxDivision::quotes)
      : max_size_(max_size), division_(division) {}

  void feed(std::string_view piece);
  void finish() { finished_ = true; }
  /// nullopt: feed more, or after finish() the end. An error is of one message: call again. What stands before the
  /// first From_ line is one, too: invalid, unless it is empty lines.
  std::optional<Result<MboxMessage>> next();
  /// Messages and errors that next() has given.
  std::size_t count() const { return count_; }
  /// Bytes held back.
  std::size_t held() const { return buffer_.size(); }

 private:
  /// The message at hand. Offsets into the buffer.
  struct Item {
    std::optional<FromLine> from;       // nothing: what stands before the first From_ line
    bool crlf = false;                  // its From_ line ended so
    std::size_t content = 0;            // behind the From_ line
    std::size_t line = 0;               // to be looked at next
    std::size_t seen = 0;               // up to here that line has no end
    bool empty_before = true;           // that line is the first, or behind an empty one
    bool cut_line = false;              // that line began in what was dropped
    bool in_header = true;              // no empty line yet
    bool dropped = false;               // too large: only its end is looked for
    std::optional<std::size_t> target;  // where its Content-Length leads
  };
  /// Where a message ends and the next one begins.
  struct Boundary {
    std::size_t end = 0;           // of the content
    std::size_t next = 0;          // behind the From_ line
    std::optional<FromLine> from;  // nothing: the end of all
    bool by_length = false;
  };

  std::optional<Boundary> find_boundary();
  std::optional<Boundary> boundary_at(std::size_t target) const;
  std::size_t without_divider(std::size_t end) const;
  std::optional<std::size_t> target_of_length() const;
  void drop_what_is_too_large();
  std::optional<Result<MboxMessage>> cut(const Boundary& boundary) const;
  void go_on_behind(const Boundary& boundary);
  std::string_view line_at(std::size_t start) const;

  const std::size_t max_size_;
  const MboxDivision division_;
  std::string buffer_;
  bool finished_ = false;
  bool ended_ = false;
  std::size_t count_ = 0;
  Item item_;
};

}  // namespace maildrop::mail
