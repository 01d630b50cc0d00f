/// transcript.h: what client and server said, as it is kept with a message.
///
///     session 3k9x2m7p, message 1
///     S: 220 mail.example.org ESMTP maildrop
///     C: EHLO client.example
///     S: 250-mail.example.org
///     C: MAIL FROM:<a@client.example>
///     S: 250 2.1.0 sender ok
///     ...
///     C: DATA
///     S: 354 end with <CRLF>.<CRLF>
///     C: (2134 bytes)
///
/// Of a reply in several lines it has the first. Commands are as they came, with control characters as `\xNN`, but what
/// may be somebody's password: what follows the mechanism of an AUTH, and after an AUTH lines that are no commands, of
/// which it has the size. Nothing of a message is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace maildrop::smtp {

class Transcript {
 public:
  /// Of the lines that would be more than `limit` bytes the first ones are kept, and `...`. 0: nothing is.
  explicit Transcript(std::size_t limit) : limit_(limit) {}

  /// Begins anew.
  void begin(std::string_view session, unsigned message);
  /// A line without its end; `known`: its first word is a command.
  void client(std::string_view line, bool known);
  /// Replies as they are sent.
  void server(std::string_view replies);
  /// Of a message.
  void content(std::uint64_t bytes);

  /// Lines that end in LF. Its capacity is never more than the limit.
  const std::string& text() const { return text_; }

 private:
  void add(std::string_view who, std::string_view line);

  std::size_t limit_;
  std::string text_;
  bool full_ = false;
  bool auth_ = false;  // somebody has said AUTH
};

}  // namespace maildrop::smtp
