/// folder.cc: any other folder, walked. What is in it is opened as if it had been named.
#include <algorithm>
#include <utility>

#include "replay/sources.h"

namespace maildrop::replay {

extern const SourceKind maildir_source;

namespace {

constexpr std::size_t kDeepest = 64;  // folders within each other: what people sort mail into has three or four

class FolderSource final : public Source {
 public:
  FolderSource(std::vector<Entry> entries, const SourceOptions& options) : options_(options) {
    push(std::move(entries));
  }

  std::optional<Result<Sample>> next() override {
    for (;;) {
      if (inner_) {
        if (auto sample = inner_->next()) return sample;
        inner_.reset();
      } else if (waiting_.empty()) {
        return std::nullopt;
      } else if (waiting_.back().empty()) {
        waiting_.pop_back();
      } else {
        const std::string path = std::move(waiting_.back().back().path);
        waiting_.back().pop_back();
        if (const auto entered = enter(path); !entered) return tl::unexpected(entered.error());
      }
    }
  }

 private:
  void push(std::vector<Entry> entries) {
    std::reverse(entries.begin(), entries.end());
    waiting_.push_back(std::move(entries));
  }

  Result<void> enter(const std::string& path) {
    Place place;
    place.path = path;
    place.is_folder = is_folder(path);
    if (!place.is_folder || maildir_source.fits(place)) {
      inner_ = TRY(open_source(path, options_));
    } else if (waiting_.size() == kDeepest) {
      return fail(Code::over_limit, "'" + path + "' is too deep: " + std::to_string(kDeepest) + " folders above it");
    } else {
      push(TRY(entries_of(path)));
    }
    return {};
  }

  const SourceOptions options_;
  std::vector<std::vector<Entry>> waiting_;  // of the folders that are open, the innermost last; the next one last
  std::unique_ptr<Source> inner_;
};

bool is_any_folder(const Place& place) { return place.is_folder; }

Result<std::unique_ptr<Source>> open_folder(Place place, const SourceOptions& options) {
  return std::make_unique<FolderSource>(TRY(entries_of(place.path)), options);
}

}  // namespace

extern const SourceKind folder_source;
const SourceKind folder_source{"folder", "a folder of any of these, walked in the order of names", is_any_folder,
                               open_folder};

}  // namespace maildrop::replay
