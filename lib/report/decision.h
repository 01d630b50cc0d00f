/// decision.h: what became of a session, a recipient or a message, as it is reported: one JSON object on one line.
///
/// Whom mail was for is not told, but a pseudonym is: the same for the same recipient, as long as the key is.
/// maildrop-report(1) has the members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "store/store.h"

namespace maildrop::report {

struct Decision {
  enum class Of : std::uint8_t { session, recipient, message };
  enum class Result : std::uint8_t { stored, discarded, deferred, refused };

  Time time{};
  Of of = Of::message;
  Result result = Result::stored;
  int code = 0;               // that the peer heard
  std::string_view reason{};  // of the standard replies (smtp/reply.h); lives for ever
  std::string why{};          // a filter's, for operators
  std::string by{};           // the filter that refused or discarded it, or by which it is marked; `score`: the sum
  bool evidence = false;      // what was seen of the mail and its client was enough for that (filter::Evidence::own)
  std::string session{};      // ids
  std::string id{};           // of what is stored
  std::string client{};       // its address, or `local`
  std::string helo{};
  std::string tls{};
  std::string from{};                 // empty: <>
  std::vector<std::string> to{};      // the recipients, as addresses
  std::vector<std::string> others{};  // of a recipient: who is hidden besides, as those accepted before him
  std::uint64_t size = 0;             // of a message, bytes; 0: not known
  store::Mark mark = store::Mark::none;
  std::optional<float> score{};
  std::string trace{};                                            // filter/trace.h
  std::vector<std::pair<std::string_view, std::string>> facts{};  // that filters told; the names live for ever
  std::vector<std::string> hosts{};                               // of the URLs in a message

  /// About what it takes of memory.
  std::size_t bytes() const;
};

std::string_view name_of(Decision::Of of);
std::string_view name_of(Decision::Result result);

/// Of the recipients. Thread-safe.
class Pseudonyms {
 public:
  /// empty: a key at random.
  explicit Pseudonyms(std::string key);
  /// 16 hexadecimal digits.
  std::string of(std::string_view address) const;

 private:
  std::string key_;
};

/// Puts pseudonyms for addresses wherever these stand in a text.
class Hiding {
 public:
  Hiding(const Pseudonyms& pseudonyms, const std::vector<std::string>& addresses);
  /// As they are, as senders of lists have them (`bob=example.org`), and, with `words`, their local parts as words of
  /// their own, of three bytes at least, with and without their +tag.
  std::string hide(std::string text, bool words) const;

 private:
  struct Form {
    std::string text;  // in lower case
    std::string pseudonym;
    bool word;
  };
  void add(std::string text, const std::string& pseudonym, bool word);
  std::vector<Form> forms_;
};

inline constexpr std::size_t kLongestLine = 64 * 1024;  // bytes

/// One line, with its LF. It is valid UTF-8, and has no control characters. kLongestLine at most.
std::string to_json(const Decision& decision, const Pseudonyms& pseudonyms);

}  // namespace maildrop::report
