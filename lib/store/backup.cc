/// backup.cc: a walk that reads, and batches that are put.
#include "store/backup.h"

#include <algorithm>
#include <utility>

#include "store/packed_body.h"

namespace maildrop::store {

namespace {

constexpr std::size_t kBatch = 200;              // messages in one commit
constexpr std::uint64_t kBatchBytes = 8u << 20;  // and a message more

}  // namespace

Result<bool> Backup::run(Sink sink, std::string_view version, const GoOn& go_on) {
  began_ = clock_.now();
  std::this_thread::sleep_for(std::chrono::milliseconds(1));  // what comes from now on is told apart by its time
  BackupWriter writer = TRY(BackupWriter::begin(std::move(sink), {std::string(version), began_}));
  for (ScanCursor cursor; !cursor.done();) {
    const std::vector<Found> page = TRY(patiently([&] { return store_.scan(cursor, kScanPage); }));
    for (auto from = page.begin(); from != page.end();) {
      const auto other = [&](const Found& found) { return found.spot.inbox != from->spot.inbox; };
      const auto to = std::find_if(from, page.end(), other);
      TRY(save_inbox(writer, {from, to}));
      from = to;
      if (!go_on(saved_)) return false;
    }
  }
  TRY(writer.finish());
  return true;
}

Result<void> Backup::save_inbox(BackupWriter& writer, const std::vector<Found>& newest_first) {
  // One from a clock that was ahead is no later than all the others of a time to come.
  const auto came_meanwhile = [this](const Found& found) {
    return found.summary.received > began_ && found.summary.received <= clock_.now();
  };
  const Time last = newest_first.front().summary.received;
  for (auto found = newest_first.rbegin(); found != newest_first.rend(); ++found) {
    if (found->over_quota || came_meanwhile(*found)) continue;
    Result<Message> message = patiently([&] { return store_.get(found->spot.inbox, found->spot.id); });
    if (!message && message.error().code == Code::not_found) continue;  // removed since
    if (!message) return tl::unexpected(message.error());
    const SavedMessage saved{found->spot.inbox, last, std::move(*message)};
    TRY(writer.add(saved));
    saved_.add(saved.inbox, saved.message.summary);
  }
  return {};
}

Result<bool> Restore::run(BackupReader& reader, const GoOn& go_on) {
  Result<std::optional<SavedMessage>> saved = reader.next();
  for (; saved && *saved; saved = reader.next()) {
    TRY(enter((*saved)->inbox));
    if (!is_wanted(**saved)) continue;
    Message& message = (*saved)->message;
    batch_bytes_ += message.data.size() + message.transcript.size();
    Delivery delivery;
    delivery.targets.push_back({(*saved)->inbox, message.summary.to});
    if (!options_.renew) delivery.arrived = message.summary.received;
    delivery.summary = std::move(message.summary);
    delivery.data = std::move(message.data);
    delivery.transcript = std::move(message.transcript);
    batch_.push_back(std::move(delivery));
    if (batch_.size() < kBatch && batch_bytes_ < kBatchBytes) continue;
    TRY(put());
    if (!go_on(restored_)) return false;
  }
  TRY(put());
  go_on(restored_);
  if (!saved) return tl::unexpected(saved.error());
  return true;
}

/// Once for each inbox: what it has.
Result<void> Restore::enter(const mail::Inbox& inbox) {
  if (inbox.name() == inbox_) return {};
  inbox_ = inbox.name();
  ids_.clear();
  for (const Summary& summary : TRY(patiently([&] { return store_.list(inbox, {}); }))) ids_.insert(summary.id.text());
  return {};
}

bool Restore::is_wanted(const SavedMessage& saved) {
  const bool known = ids_.contains(saved.message.summary.id.text());
  const bool late = !options_.renew && clock_.now() - saved.inbox_received >= options_.max_age;
  known_ += known;
  expired_ += !known && late;
  return !known && !late;
}

Result<void> Restore::put() {
  std::vector<Delivery> batch = std::exchange(batch_, {});
  batch_bytes_ = 0;
  if (batch.empty()) return {};
  for (Delivery& delivery : batch) pack_body(delivery, options_.compression);
  // One that passes by itself stops all of it: so those behind it in its inbox do not come before it.
  const auto put = [&]() -> Result<std::vector<Result<MessageId>>> {
    std::vector<Result<MessageId>> results = store_.put(batch);
    for (const Result<MessageId>& result : results) {
      if (!result && result.error().code != Code::over_limit) return tl::unexpected(result.error());
    }
    return results;
  };
  const std::vector<Result<MessageId>> results = TRY(patiently(put));
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]) restored_.add(batch[i].targets.front().inbox, batch[i].summary);
    if (results[i]) continue;
    ++refused_;
    if (why_refused_.empty()) why_refused_ = results[i].error().what;
  }
  store_.tend();
  return {};
}

}  // namespace maildrop::store
