/// mbox.cc: a file of many messages. One whose first line is a From_ line is an mbox, and so is divided at every
/// further one behind an empty line: a message that was saved with its From_ line, and has such lines unquoted in its
/// body, comes out as several.
#include "mail/mbox.h"

#include <utility>

#include "replay/sample.h"
#include "replay/sources.h"

namespace maildrop::replay {
namespace {

class MboxSource final : public Source {
 public:
  MboxSource(Place place, const SourceOptions& options)
      : place_(std::move(place)),
        options_(options),
        splitter_(options.max_size, options.mboxcl2 ? mail::MboxDivision::lengths : mail::MboxDivision::quotes) {
    splitter_.feed(place_.head);
  }

  std::optional<Result<Sample>> next() override {
    for (;;) {
      if (auto message = splitter_.next()) return sample(std::move(*message));
      if (ended_) return std::nullopt;
      std::string piece;
      const Result<bool> more = read_more(place_, piece, kPiece);
      splitter_.feed(piece);
      ended_ = !more || !*more;
      if (ended_) splitter_.finish();
      if (!more) return lost(more.error());
    }
  }

 private:
  /// What was read of the message at hand is no message.
  Result<Sample> lost(const Error& error) {
    while (splitter_.next()) {
    }
    return tl::unexpected(error);
  }

  Result<Sample> sample(Result<mail::MboxMessage> message) {
    std::string name = place_.path + ":" + std::to_string(splitter_.count());
    if (!message) return fail(message.error().code, "'" + name + "' " + message.error().what);
    return sample_of(std::move(name), message->data, &message->from, options_);
  }

  Place place_;
  const SourceOptions options_;
  mail::MboxSplitter splitter_;
  bool ended_ = false;
};

bool begins_with_from_line(const Place& place) {
  return place.is_file() && mail::parse_from_line(first_line(place.head)).has_value();
}

Result<std::unique_ptr<Source>> open_mbox(Place place, const SourceOptions& options) {
  return std::make_unique<MboxSource>(std::move(place), options);
}

}  // namespace

extern const SourceKind mbox_source;
const SourceKind mbox_source{"mbox", "a file of many messages, each behind a From_ line", begins_with_from_line,
                             open_mbox};

}  // namespace maildrop::replay
