/// words.h: encoded words and charsets, by GMime and GLib behind caps. The only file that uses them.
///
/// Thread-safe. The first use of a charset loads tables (up to 15 ms, once).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop::mail {

/// The charsets of one message, opened once and kept. Its sender chooses them, and to open one may load code from disk
/// (80 us) that closing it lets go of: so only the first kMost are looked up, known or not; later ones are unknown.
/// For one thread.
class Charsets {
 public:
  static constexpr std::size_t kMost = 8;  // real mail has two or three, and sixteen make a millisecond

  Charsets();
  ~Charsets();
  Charsets(const Charsets&) = delete;
  Charsets& operator=(const Charsets&) = delete;

  struct Entry;
  /// Its converter is open for as long as this lives; nullptr: unknown.
  Entry* find(std::string_view charset);
  std::size_t looked_up() const { return entries_.size(); }

 private:
  std::vector<std::unique_ptr<Entry>> entries_;
};

/// A header value as people read it: unfolded, RFC 2047 decoded, valid UTF-8. Pure ASCII without `=?` never reaches
/// the library. Values over 16 KiB are cut first. A word in an unknown charset stays as it was written, and so do those
/// behind the sixteenth change of charset. Of several values of one message, `charsets` bounds what all of them cost.
std::string decode_header(std::string_view value, Charsets& charsets);
std::string decode_header(std::string_view value);

/// Bytes of a charset as UTF-8, at most `max` bytes of input. Unknown charsets: as UTF-8 where valid, else
/// windows-1252. Always valid UTF-8.
std::string decode_charset(std::string_view bytes, std::string_view charset, std::size_t max, Charsets& charsets);
std::string decode_charset(std::string_view bytes, std::string_view charset, std::size_t max);

/// Unicode NFC and simple lower case of valid UTF-8. Code::invalid when it is not valid UTF-8.
Result<std::string> fold_name(std::string_view utf8);

/// Every character is a letter, a mark or a decimal digit (Unicode categories L*, M*, Nd) that shows something
/// (fillers and variation selectors do not). False for empty text.
bool is_word(std::string_view utf8);

/// Decodes base64 or quoted-printable (lower-case name); other names copy. At most `max` bytes come out.
std::string decode_transfer(std::string_view bytes, std::string_view encoding, std::size_t max);

/// The same piece by piece, without holding it: `take` gets what is decoded, in order, until it returns false.
void decode_transfer(std::string_view bytes, std::string_view encoding,
                     const std::function<bool(std::string_view)>& take);

}  // namespace maildrop::mail
