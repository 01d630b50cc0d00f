/// fact_book.h: what the DNS answered while recorded mail was judged, kept with the mail's name so that it can be
/// judged again: a file of lines, packed by zstd.
///
///   maildrop.facts/1
///   = 0f3c...                 a message: fact_key() of it
///   A mx.example.com = 192.0.2.1
///   TXT example.com = no_name
///
/// Lines are those of dns/recorded.h. A message that stands twice was judged twice, and its first record counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/descriptor.h"
#include "core/result.h"
#include "dns/answer.h"
#include "replay/source.h"

namespace maildrop::replay {

using DnsFacts = std::map<dns::Question, dns::Answer>;

/// By what is judged of a message, wherever it lies: its bytes and its envelope. 32 hexadecimal digits.
std::string fact_key(const Sample& sample);

/// Writes one. Not thread-safe. Blocking.
class FactWriter {
 public:
  /// unavailable: it cannot be made, or is there already.
  static Result<std::unique_ptr<FactWriter>> create(const std::string& path);
  ~FactWriter();
  Result<void> add(const std::string& key, const DnsFacts& facts);
  /// All is on the disk. Without it the file is removed when this goes.
  Result<void> finish();

 private:
  struct State;
  explicit FactWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads one: its lines lie unpacked in a file without a name under $TMPDIR, and 24 bytes for each message in memory.
/// Not thread-safe. Blocking.
class FactBook {
 public:
  static constexpr std::size_t kMostMessages = 10'000'000;
  static constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 30;  // unpacked
  static constexpr std::size_t kMostOfOne = 1u << 20;                   // bytes of a message's facts

  ///   unavailable  it cannot be read, or there is no room
  ///   invalid      it is none, or one of those limits is exceeded
  static Result<FactBook> open(const std::string& path);

  /// nullopt: of that message nothing is recorded. corrupt: its lines are none.
  Result<std::optional<DnsFacts>> of(const std::string& key) const;
  std::size_t messages() const { return places_.size(); }

 private:
  struct Place {
    std::uint64_t hash;   // of the key
    std::uint64_t begin;  // of its lines
    std::uint32_t size;   // of them, bytes
  };
  FactBook() = default;

  FileDescriptor file_;
  std::vector<Place> places_;  // by hash
};

}  // namespace maildrop::replay
