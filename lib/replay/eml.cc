/// eml.cc: a file that is one message. A From_ line, as some leave it before those in a Maildir, is none of it.
#include <utility>

#include "replay/sample.h"
#include "replay/sources.h"

namespace maildrop::replay {
namespace {

class EmlSource final : public Source {
 public:
  EmlSource(Place place, const SourceOptions& options) : place_(std::move(place)), options_(options) {}

  std::optional<Result<Sample>> next() override {
    if (std::exchange(done_, true)) return std::nullopt;
    return read();
  }

 private:
  Result<Sample> read() {
    std::string bytes = std::move(place_.head);
    while (bytes.size() <= options_.max_size && TRY(read_more(place_, bytes, kPiece))) {
    }
    if (bytes.size() > options_.max_size) return tl::unexpected(too_large(place_.path, options_.max_size));
    const auto from = mail::parse_from_line(first_line(bytes));
    if (from) bytes.erase(0, bytes.find('\n') + 1);
    return sample_of(place_.path, bytes, from ? &*from : nullptr, options_);
  }

  Place place_;
  const SourceOptions options_;
  bool done_ = false;
};

bool is_file(const Place& place) { return place.is_file(); }

Result<std::unique_ptr<Source>> open_eml(Place place, const SourceOptions& options) {
  return std::make_unique<EmlSource>(std::move(place), options);
}

}  // namespace

extern const SourceKind eml_source;
const SourceKind eml_source{"eml", "a file that is one message", is_file, open_eml};

}  // namespace maildrop::replay
