/// source.h: recorded mail, one message after the other, wherever it lies.
///
/// A kind of source is a file that ends in a SourceKind, and a line in sources.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/net.h"
#include "core/result.h"

namespace maildrop::replay {

/// Who sent a message to whom, as far as its record tells. Texts are as recorded: who uses them checks them.
struct Envelope {
  std::optional<std::string> from;  // the path without <>, empty for a bounce; nothing: not known
  std::vector<std::string> to;      // empty: not known
  std::optional<IpAddress> peer;    // the client that brought it
  std::string helo;                 // empty: not known
  std::optional<Time> received;     // when it came
};

/// What somebody who knows says of a message.
enum class Label : std::uint8_t { none, spam, ham };
inline constexpr std::size_t kLabels = 3;
inline constexpr Label kAllLabels[kLabels] = {Label::spam, Label::ham, Label::none};  // in the order of reports

struct Sample {
  std::string name;  // where it lies, for people: `spam/0001.eml`, `old.mbox:17` (the 17th message),
                     // `old.tar.gz/spam/0001.eml`, `store:INBOX/ID`
  std::string data;  // the message; lines end in CRLF, but for what its record has of bare CR
  Envelope envelope{};
  Label label = Label::none;
};

/// Not thread-safe. Blocking.
class Source {
 public:
  virtual ~Source() = default;
  /// The next message. An error is of one message, which is named in it and skipped; call again. nullopt: the end.
  virtual std::optional<Result<Sample>> next() = 0;
  /// How many more there are, broken ones included; nothing: it is not known.
  virtual std::optional<std::uint64_t> left() const { return std::nullopt; }
};

}  // namespace maildrop::replay
