/// examples.h: what filters found of labelled messages, in a file, and which fold each is in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/descriptor.h"
#include "core/result.h"
#include "replay/likeness.h"
#include "replay/outcome.h"

namespace maildrop::replay {

struct Example {
  bool spam = false;
  std::vector<std::pair<std::size_t, double>> scores{};  // as Parts::scores
};

/// They lie in a file without a name under $TMPDIR, with 12 bytes for each and 12 for each filter that found something,
/// and are read again and again: memory for each is 21 bytes while they are divided, and one afterwards. Not
/// thread-safe. Blocking.
class Examples {
 public:
  static constexpr std::size_t kMost = 10'000'000;

  /// unavailable: there can be no file.
  static Result<Examples> create();

  ///   unavailable  there is no room
  ///   over_limit   kMost
  Result<void> add(const Example& example, const Likeness& likeness);

  /// All have come. Copies of a message (likeness.h) are in one fold, or filters would be tried on what they were
  /// fitted on; and a message is in the same one whatever else there is.
  Result<void> divide(unsigned folds);

  /// In their order. REQUIRES: divide().
  using Seen = std::function<void(const Example& example, unsigned fold)>;
  Result<void> each(const Seen& seen) const;

  std::uint64_t spam() const { return spam_; }
  std::uint64_t ham() const { return read_ - spam_; }
  /// Groups of copies with spam, and with ham, in them.
  std::uint64_t different_spam() const { return different_[1]; }
  std::uint64_t different_ham() const { return different_[0]; }
  unsigned folds() const { return folds_; }

 private:
  using SeenRaw = std::function<void(std::size_t at, const Example& example, const Likeness& likeness)>;
  Result<void> walk(const SeenRaw& seen) const;
  Result<void> flush();

  FileDescriptor file_;
  std::string waiting_;
  std::uint64_t read_ = 0, spam_ = 0;
  std::array<std::uint64_t, 2> different_{};
  unsigned folds_ = 0;
  std::vector<std::uint8_t> fold_;
};

}  // namespace maildrop::replay
