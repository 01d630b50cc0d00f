/// tar.cc: an archive, walked like a folder, in its own order. Of what is in it nothing is written anywhere.
#include <utility>

#include "replay/archive.h"
#include "replay/sources.h"

namespace maildrop::replay {
namespace {

class TarSource final : public Source {
 public:
  TarSource(std::unique_ptr<Tar> tar, const SourceOptions& options) : tar_(std::move(tar)), options_(options) {}

  std::optional<Result<Sample>> next() override {
    for (;;) {
      if (inner_) {
        if (auto sample = inner_->next()) return sample;
        inner_.reset();
      }
      std::optional<Result<Place>> place = tar_->next();
      if (!place) return std::nullopt;
      if (const auto entered = enter(std::move(*place)); !entered) return tl::unexpected(entered.error());
    }
  }

 private:
  Result<void> enter(Result<Place> place) {
    if (!place) return tl::unexpected(place.error());
    inner_ = TRY(open_place(std::move(*place), options_));
    return {};
  }

  const std::unique_ptr<Tar> tar_;
  const SourceOptions options_;
  std::unique_ptr<Source> inner_;  // reads out of `tar_`
};

bool is_tar_file(const Place& place) { return place.is_file() && is_tar(place.head); }

Result<std::unique_ptr<Source>> open_tar(Place place, const SourceOptions& options) {
  if (place.in_archive) return fail(Code::invalid, "'" + place.path + "' is an archive in an archive");
  return std::make_unique<TarSource>(TRY(Tar::open(std::move(place), options.give_up)), options);
}

}  // namespace

extern const SourceKind tar_source;
const SourceKind tar_source{"tar", "an archive of files that are one of these", is_tar_file, open_tar};

}  // namespace maildrop::replay
