/// store.cc: the mail that a store has, in the order in which it came, all inboxes together: as it was on the day.
#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>
#include <utility>

#include "replay/sources.h"
#include "replay/stored.h"
#include "store/bulk.h"

namespace maildrop::replay {
namespace {

constexpr std::size_t kIdSize = 26;  // bytes (MessageId)

/// Where one lies, and when it came.
struct Known {
  std::int64_t received;  // milliseconds since 1970
  std::array<char, kIdSize> id;
  std::uint32_t inbox;  // its place among the names
  friend auto operator<=>(const Known&, const Known&) = default;
};

class StoreSource final : public Source {
 public:
  StoreSource(std::shared_ptr<store::Store> store, const SourceOptions& options)
      : store_(std::move(store)), options_(options) {}

  std::optional<Result<Sample>> next() override {
    if (!std::exchange(listed_, true))
      if (const auto all = list(); !all) return ended_with(all.error());
    while (!known_.empty()) {
      const Known next = known_.front();
      known_.pop_front();
      const mail::Inbox& inbox = inboxes_[next.inbox];
      const auto id = store::MessageId::trusted(std::string(next.id.data(), next.id.size()));
      const auto message = store::patiently([&] { return store_->get(inbox, id); }, [this] { return goes_on(); });
      if (!message && message.error().code == Code::not_found) continue;  // removed since
      if (!message && message.error().code != Code::corrupt) return ended_with(message.error());
      const std::string before(kStorePrefix);
      if (message) return sample_of_stored(before, inbox, *message, options_);
      return fail(Code::corrupt, "'" + before + inbox.name() + "/" + id.text() + "': " + message.error().what);
    }
    return std::nullopt;
  }

 private:
  bool goes_on() const { return !options_.give_up || !options_.give_up(); }

  /// The store is gone, and so is the rest of it.
  Result<Sample> ended_with(const Error& error) {
    known_.clear();
    return fail(error.code, "cannot read '" + std::string(kStorePrefix) + "': " + error.what);
  }

  Result<void> list() {
    store::ScanCursor cursor;
    cursor.named = !options_.inboxes.empty();
    for (const mail::Inbox& inbox : options_.inboxes) cursor.inboxes.push_back(inbox.name());
    while (!cursor.done()) {
      if (!goes_on()) return fail(Code::unavailable, "given up");
      const auto page = [&] { return store_->scan(cursor, store::kScanPage); };
      for (const store::Found& found : TRY(store::patiently(page, [this] { return goes_on(); })))
        if (!found.over_quota) add(found);
      if (known_.size() > options_.max_stored)
        return fail(Code::over_limit, "it has more than " + std::to_string(options_.max_stored) + " messages");
    }
    std::sort(known_.begin(), known_.end());
    known_.erase(std::unique(known_.begin(), known_.end()), known_.end());  // Redis may tell of one twice
    numbers_.clear();
    return {};
  }

  void add(const store::Found& found) {
    const std::string& id = found.spot.id.text();
    if (id.size() != kIdSize) return;  // no store has such a one
    Known known{to_millis(found.summary.received), {}, 0};
    std::copy(id.begin(), id.end(), known.id.begin());
    const auto [at, fresh] = numbers_.try_emplace(found.spot.inbox.name(), inboxes_.size());
    if (fresh) inboxes_.push_back(found.spot.inbox);
    known.inbox = static_cast<std::uint32_t>(at->second);
    known_.push_back(known);
  }

  const std::shared_ptr<store::Store> store_;
  const SourceOptions options_;
  std::deque<Known> known_;                               // the oldest first
  std::vector<mail::Inbox> inboxes_;                      // that have these
  std::unordered_map<std::string, std::size_t> numbers_;  // of these, by name
  bool listed_ = false;
};

bool is_store(const Place& place) { return place.is_store; }

Result<std::unique_ptr<Source>> open_store_at(Place place, const SourceOptions& options) {
  if (!options.open_store) return fail(Code::invalid, "'" + place.path + "': no store can be read here");
  return std::make_unique<StoreSource>(TRY(options.open_store(place.path.substr(kStorePrefix.size()))), options);
}

}  // namespace

extern const SourceKind store_source;
const SourceKind store_source{"store", "the mail of a store of maildrop's, the oldest first", is_store, open_store_at};

}  // namespace maildrop::replay
