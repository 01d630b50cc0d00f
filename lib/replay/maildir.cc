/// maildir.cc: a folder with `cur` and `new`, a file a message, and its subfolders `.Name` of the same kind
/// (Maildir++). The messages of both are in the order of their names, which begin with the time of delivery.
#include <algorithm>
#include <utility>

#include "replay/archive.h"
#include "replay/sources.h"

namespace maildrop::replay {

extern const SourceKind eml_source;

namespace {

bool has_both(const std::string& folder) { return is_folder(folder + "/cur") && is_folder(folder + "/new"); }

bool is_maildir(const Place& place) { return place.is_folder && has_both(place.path); }

class MaildirSource final : public Source {
 public:
  MaildirSource(std::vector<Entry> folders, const SourceOptions& options)
      : folders_(std::move(folders)), options_(options) {}

  std::optional<Result<Sample>> next() override {
    for (;;) {
      if (message_ < messages_.size()) {
        if (auto read = read_message(messages_[message_++].path)) return read;
      } else if (folder_ < folders_.size()) {
        if (const auto listed = list(folders_[folder_++].path); !listed) return tl::unexpected(listed.error());
      } else {
        return std::nullopt;
      }
    }
  }

 private:
  std::optional<Result<Sample>> read_message(const std::string& path) {
    if (is_folder(path)) return std::nullopt;
    Result<Place> place = look_at(path, options_.input);
    if (!place) return tl::unexpected(place.error());
    if (is_packed(place->head)) place = unpack(std::move(*place), options_.give_up);  // as Dovecot keeps them
    if (!place) return tl::unexpected(place.error());
    const auto source = eml_source.open(std::move(*place), options_);
    return (*source)->next();
  }

  Result<void> list(const std::string& folder) {
    messages_ = TRY(entries_of(folder + "/cur"));
    std::vector<Entry> fresh = TRY(entries_of(folder + "/new"));
    std::move(fresh.begin(), fresh.end(), std::back_inserter(messages_));
    std::sort(messages_.begin(), messages_.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    message_ = 0;
    return {};
  }

  std::vector<Entry> folders_, messages_;
  std::size_t folder_ = 0, message_ = 0;  // the next one
  const SourceOptions options_;
};

Result<std::unique_ptr<Source>> open_maildir(Place place, const SourceOptions& options) {
  std::vector<Entry> folders = TRY(hidden_folders_of(place.path));
  std::erase_if(folders, [](const Entry& each) { return !has_both(each.path); });
  folders.insert(folders.begin(), Entry{{}, place.path});
  return std::make_unique<MaildirSource>(std::move(folders), options);
}

}  // namespace

extern const SourceKind maildir_source;
const SourceKind maildir_source{"maildir", "a folder with cur and new, and its subfolders", is_maildir, open_maildir};

}  // namespace maildrop::replay
