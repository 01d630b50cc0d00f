/// suggestion.cc: syllables of a consonant and a vowel.
#include "mail/suggestion.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include "core/random.h"

namespace maildrop::mail {

namespace {

// Few, so that little can be spelled: without c k q s x y, which people write for each other, and without f p w.
constexpr std::string_view kConsonants = "bdghjlmnrtvz";
constexpr std::string_view kVowels = "aeiou";
constexpr std::size_t kSyllables = 8;
constexpr std::size_t kBeforeHyphen = 4;

// 60 syllables: 5.9 bits each, 47.2 in all.
constexpr std::size_t kKinds = kConsonants.size() * kVowels.size();
constexpr std::size_t kEven = 256 / kKinds * kKinds;  // bytes beyond would make some more likely than others

// What such syllables spell in English, German, French, Italian and Spanish, and one would rather not be called.
constexpr std::string_view kUnwanted[] = {
    "anal", "bobo",  "bubi",   "degenera", "demon",  "genital", "hate",  "homo",  "hore",  "hure", "jihad", "jode",
    "jude", "judi",  "libido", "lolita",   "mamada", "moron",   "nazi",  "nega",  "neger", "niga", "niger", "nude",
    "nudi", "rabid", "rata",   "tarad",    "teta",   "titi",    "toten", "tumor", "vagin", "zizi", "zob"};

std::size_t random_kind() {
  for (;;) {
    char byte = 0;
    random_bytes(std::span(&byte, 1));
    const auto value = static_cast<unsigned char>(byte);
    if (value < kEven) return value % kKinds;
  }
}

std::string syllables() {
  std::string name;
  for (std::size_t i = 0; i < kSyllables; ++i) {
    if (i == kBeforeHyphen) name.push_back('-');
    const std::size_t kind = random_kind();
    name.push_back(kConsonants[kind / kVowels.size()]);
    name.push_back(kVowels[kind % kVowels.size()]);
  }
  return name;
}

}  // namespace

bool is_clean(std::string_view name) {
  std::string letters(name);
  std::erase(letters, '-');
  return std::none_of(std::begin(kUnwanted), std::end(kUnwanted),
                      [&](std::string_view word) { return letters.find(word) != std::string::npos; });
}

std::string suggest_name() {
  for (;;) {
    std::string name = syllables();
    if (is_clean(name)) return name;
  }
}

}  // namespace maildrop::mail
