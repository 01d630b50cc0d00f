/// bayes_tokens.h: what a filter that learns sees of a message: words, and pairs of words that stand close together.
/// Pure.
///
/// Words are those of Subject, From and Reply-To, of Content-* fields and MIME-Version (of parts, too), of all parts
/// that are text, with the markup of HTML as it is in the source, and of the URLs there: hosts, what is above them, and
/// pieces of paths. A field of its own kind, markup and URLs are zones: `subject:free` is another word than `free`.
/// Nothing is seen of fields that servers, lists and collectors add or that name who receives: by these a filter would
/// learn where its examples came from, and know spam and mail apart as long as both come as they did.
///
/// A word is letters and digits, all beyond ASCII, `$`, and between these `.`, `-`, `_`, `'`, `@`, `%`; or `!`, `!!`,
/// `!!!`. ASCII letters are small, digits are 0: `$1.99` and `$9.95` are one word. Of what is longer than kLongestWord
/// only its first character and about how long it is. In scripts that are written without blanks each character is one.
/// A pair is a word and one of the two before it in its zone. More of them (four was tried) made the filter no better,
/// and twice as slow.
///
/// A feature is known by its hash alone, which models keep: FNV-1a of 64 bits over the bytes of a word, begun with its
/// zone, and mix() of it, the last step of MurmurHash3. It has no seed. Who makes words with the hash of another one
/// could as well send that one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::filter {

class BayesTokens {
 public:
  /// Of what is said above: other words, or other hashes, are another number.
  static constexpr unsigned kVersion = 1;

  // What is looked at of a message; of text, features and words each part but the last that is read has half of what
  // the others left, and the last part of a message is read first: padding in one leaves room for the others. A tenth
  // of the public corpus's has more than 20 KB of text, which goes on as it begins; 64 KiB are read in half a
  // millisecond.
  static constexpr std::size_t kMostMessage = 256 * 1024;  // bytes
  static constexpr std::size_t kMostText = 64 * 1024;      // bytes of text, decoded
  static constexpr std::size_t kMostFeatures = 4000;       // mail of 5 KB has 700
  static constexpr std::size_t kMostWords = 16 * 1024;     // that bring no feature count, too
  static constexpr std::size_t kLongestWord = 40;          // bytes; longer ones are ids and data

  explicit BayesTokens(std::string_view message);

  /// Hashes, in the order in which they were found, each once.
  std::span<const std::uint64_t> features() const { return hashes_; }

  /// For people: `subject:free`, `free money`, `free _ money` where one stands between. At most kLongestText bytes, as
  /// terminal_safe() has it, and no comma.
  static constexpr std::size_t kLongestText = 60;
  std::string text_of(std::size_t feature) const;

 private:
  friend class BayesReading;
  enum class Zone : std::uint8_t { text, subject, from, reply_to, type, markup, url };
  static constexpr std::size_t kZones = 7;
  struct Word {
    std::uint64_t hash;
    std::uint32_t at;  // in text_
    std::uint8_t size;
    Zone zone;
  };
  struct Made {  // of which words; the same twice: of one
    std::uint32_t first, second;
    bool apart;
  };

  std::string text_;  // all words
  std::vector<Word> words_;
  std::vector<std::uint64_t> hashes_;
  std::vector<Made> made_;
};

}  // namespace maildrop::filter
