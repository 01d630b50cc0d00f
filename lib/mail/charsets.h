/// charsets.h: bytes of a charset as UTF-8, by iconv(3) behind caps.
///
/// Thread-safe. The first use of a charset loads tables (up to 15 ms, once).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::mail {

/// The charsets of one message, opened once and kept. Its sender chooses them, and to open one may load code from disk
/// (80 us) that closing it lets go of: so only the first kMost are opened, and later ones are unknown. For one thread.
class Charsets {
 public:
  static constexpr std::size_t kMost = 8;  // real mail has two or three, and sixteen make a millisecond

  Charsets();
  ~Charsets();
  Charsets(const Charsets&) = delete;
  Charsets& operator=(const Charsets&) = delete;

  /// iconv's name of a charset that decode_charset() knows; empty: unknown.
  std::string_view known(std::string_view charset);

  class Converter;
  /// By iconv's name. Open for as long as this lives; nullptr: unknown.
  Converter* find(std::string_view name);
  std::size_t opened() const { return converters_.size(); }

 private:
  std::vector<std::unique_ptr<Converter>> converters_;
};

/// Bytes of a charset as UTF-8, at most `max` bytes of input; those that are none of it become U+FFFD. Unknown charsets
/// and US-ASCII: as UTF-8 where valid, else windows-1252. Always valid UTF-8.
std::string decode_charset(std::string_view bytes, std::string_view charset, std::size_t max, Charsets& charsets);
std::string decode_charset(std::string_view bytes, std::string_view charset, std::size_t max);

}  // namespace maildrop::mail
