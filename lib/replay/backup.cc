/// backup.cc: what `maildrop backup` wrote. It is packed by zstd, and so comes here unpacked.
#include <algorithm>
#include <utility>

#include "replay/sources.h"
#include "replay/stored.h"
#include "store/backup_file.h"

namespace maildrop::replay {
namespace {

class BackupSource final : public Source {
 public:
  BackupSource(Place place, const SourceOptions& options)
      : path_(place.path),
        options_(options),
        place_(std::make_shared<Place>(std::move(place))),
        reader_(store::BackupReader::open_plain(
            [from = place_](char* to, std::size_t size) { return fill(*from, to, size); })) {}

  std::optional<Result<Sample>> next() override {
    if (std::exchange(ended_, true)) return std::nullopt;
    if (!reader_) return tl::unexpected(named(reader_.error()));
    Result<std::optional<store::SavedMessage>> saved = reader_->next();
    if (!saved) return tl::unexpected(named(saved.error()));
    if (!*saved) return std::nullopt;
    ended_ = false;
    return sample_of_stored(path_ + "/", (*saved)->inbox, (*saved)->message, options_);
  }

 private:
  static Result<std::size_t> fill(Place& place, char* to, std::size_t size) {
    if (place.head.empty()) return place.bytes->read(to, size);
    const std::size_t taken = std::min(size, place.head.size());
    std::copy_n(place.head.begin(), taken, to);
    place.head.erase(0, taken);
    return taken;
  }

  /// As errors of samples are.
  Error named(const Error& error) const { return {error.code, "cannot read '" + path_ + "': " + error.what}; }

  const std::string path_;
  const SourceOptions options_;
  const std::shared_ptr<Place> place_;  // the reader's, too
  Result<store::BackupReader> reader_;
  bool ended_ = false;
};

bool is_backup(const Place& place) {
  const std::string_view line = first_line(place.head);
  return place.is_file() && line.starts_with('{') && line.find(R"("schema":"maildrop.backup/)") != line.npos;
}

Result<std::unique_ptr<Source>> open_backup(Place place, const SourceOptions& options) {
  return std::make_unique<BackupSource>(std::move(place), options);
}

}  // namespace

extern const SourceKind backup_source;
const SourceKind backup_source{"backup", "what maildrop backup wrote", is_backup, open_backup};

}  // namespace maildrop::replay
