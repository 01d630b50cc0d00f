/// examples.cc: records of a few numbers, in this machine's own form: nobody else reads them.
#include "replay/examples.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/file_error.h"
#include "replay/nameless_file.h"

namespace maildrop::replay {

namespace {

constexpr std::size_t kExamplePiece = 64 * 1024;  // bytes of the file in memory

struct Head {  // of 12 bytes
  Likeness likeness;
  std::uint16_t spam, scores;
};

void append(std::string& out, const void* value, std::size_t size) {
  out.append(static_cast<const char*>(value), size);
}

/// A file from its beginning, a piece at a time.
class Reader {
 public:
  explicit Reader(const FileDescriptor& file) : file_(file) {}

  /// unavailable: it cannot be read, or ends before that.
  Result<void> read(void* to, std::size_t size) {
    if (piece_.size() - at_ < size) TRY(fill());
    if (piece_.size() - at_ < size) return tl::unexpected(file_error("read", kNameless, EIO));
    std::memcpy(to, piece_.data() + at_, size);
    at_ += size;
    return {};
  }

 private:
  Result<void> fill() {
    piece_.erase(0, std::exchange(at_, 0));
    const std::size_t kept = piece_.size();
    piece_.resize(kept + kExamplePiece);
    ssize_t got = 0;
    do got = ::pread(file_.get(), piece_.data() + kept, kExamplePiece, static_cast<off_t>(offset_));
    while (got < 0 && errno == EINTR);
    piece_.resize(kept + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (got < 0) return tl::unexpected(file_error("read", kNameless, errno));
    offset_ += static_cast<std::uint64_t>(got);
    return {};
  }

  const FileDescriptor& file_;
  std::string piece_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace

Result<Examples> Examples::create() {
  Examples examples;
  examples.file_ = TRY(nameless_file());
  return examples;
}

Result<void> Examples::add(const Example& example, const Likeness& likeness) {
  if (read_ == kMost) return fail(Code::over_limit, "too many labelled messages: " + std::to_string(kMost));
  const Head head{likeness, static_cast<std::uint16_t>(example.spam ? 1 : 0),
                  static_cast<std::uint16_t>(example.scores.size())};
  append(waiting_, &head, sizeof head);
  for (const auto& [filter, score] : example.scores) {
    const auto place = static_cast<std::uint32_t>(filter);
    append(waiting_, &place, sizeof place);
    append(waiting_, &score, sizeof score);
  }
  ++read_;
  spam_ += example.spam ? 1 : 0;
  return waiting_.size() < kExamplePiece ? Result<void>() : flush();
}

Result<void> Examples::flush() { return write_to(file_, std::exchange(waiting_, {}), kNameless); }

Result<void> Examples::divide(unsigned folds) {
  TRY(flush());
  std::vector<Likeness> likenesses(read_);
  std::vector<bool> spam(read_);
  TRY(walk([&](std::size_t at, const Example& example, const Likeness& likeness) {
    likenesses[at] = likeness;
    spam[at] = example.spam;
  }));
  const Groups groups = groups_of(likenesses);
  std::array<std::vector<bool>, 2> seen{std::vector<bool>(read_), std::vector<bool>(read_)};
  fold_.resize(read_);
  folds_ = folds;
  for (std::size_t at = 0; at < read_; ++at) {
    const std::size_t label = spam[at] ? 1 : 0, group = groups.group[at];
    if (!seen[label][group]) ++different_[label];
    seen[label][group] = true;
    // The lowest hash of a group is no even number among all: its digits are mixed once more.
    fold_[at] = static_cast<std::uint8_t>((groups.seed[at] * 2654435761u >> 8) % folds);
  }
  return {};
}

Result<void> Examples::each(const Seen& seen) const {
  return walk([&](std::size_t at, const Example& example, const Likeness&) { seen(example, fold_[at]); });
}

Result<void> Examples::walk(const SeenRaw& seen) const {
  Reader reader(file_);
  Example example;
  for (std::size_t at = 0; at < read_; ++at) {
    Head head{};
    TRY(reader.read(&head, sizeof head));
    example.spam = head.spam != 0;
    example.scores.clear();
    for (unsigned i = 0; i < head.scores; ++i) {
      std::uint32_t filter = 0;
      double score = 0;
      TRY(reader.read(&filter, sizeof filter));
      TRY(reader.read(&score, sizeof score));
      example.scores.emplace_back(filter, score);
    }
    seen(at, example, head.likeness);
  }
  return {};
}

}  // namespace maildrop::replay
