/// decisions.cc: JSON Lines of maildrop's reports (lib/report/decision.h). They tell what became of mail, and hold
/// none of it: whoever takes such a file for mail hears so, once for each line.
#include <utility>

#include "replay/sources.h"

namespace maildrop::replay {
namespace {

class DecisionsSource final : public Source {
 public:
  explicit DecisionsSource(Place place) : place_(std::move(place)), piece_(std::move(place_.head)) {}

  std::optional<Result<Sample>> next() override {
    bool within_line = false;
    for (;;) {
      const std::size_t end = piece_.find('\n', at_);
      within_line = within_line || (at_ < piece_.size() && end != at_);
      at_ = end == std::string::npos ? piece_.size() : end + 1;
      if (end != std::string::npos && std::exchange(within_line, false)) return no_message();
      if (end != std::string::npos) continue;
      const Result<bool> more = read();
      if (!more) return tl::unexpected(more.error());
      if (!*more) return within_line ? std::optional<Result<Sample>>(no_message()) : std::nullopt;
    }
  }

 private:
  Result<bool> read() {
    if (ended_) return false;
    piece_.clear();
    at_ = 0;
    const Result<bool> more = read_more(place_, piece_, kPiece);
    ended_ = !more || !*more;
    return more;
  }

  Result<Sample> no_message() {
    return fail(Code::invalid, "'" + place_.path + ":" + std::to_string(++count_) +
                                   "' is a decision and no message: what `maildrop backup` writes has the mail");
  }

  Place place_;
  std::string piece_;
  std::size_t at_ = 0;  // of it, what is next
  std::size_t count_ = 0;
  bool ended_ = false;
};

bool is_decisions(const Place& place) {
  return place.is_file() && first_line(place.head).starts_with(R"({"schema":"maildrop.decision/)");
}

Result<std::unique_ptr<Source>> open_decisions(Place place, const SourceOptions&) {
  return std::make_unique<DecisionsSource>(std::move(place));
}

}  // namespace

extern const SourceKind decisions_source;
const SourceKind decisions_source{"decisions", "a report of maildrop's, which has no mail", is_decisions,
                                  open_decisions};

}  // namespace maildrop::replay
