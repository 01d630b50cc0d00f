/// backup.cc: a walk that reads, and batches that are put.
#include "store/backup.h"

#include <algorithm>
#include <set>
#include <utility>

#include "store/packed_body.h"

namespace maildrop::store {

namespace {

constexpr std::size_t kBatch = 200;            // messages in one commit
constexpr std::uint64_t kPutBytes = 8u << 20;  // and a message more

}  // namespace

Result<bool> Backup::run(Sink sink, const BackupHead& head, const GoOn& go_on) {
  const auto patient = [&] { return go_on(saved_); };
  const std::vector<ModelInfo> models = TRY(patiently([&] { return store_.models().list(); }, patient));
  BackupWriter writer = TRY(BackupWriter::begin(std::move(sink), head, !models.empty()));
  if (!TRY(save_models(writer, models, go_on))) return false;
  for (ScanCursor cursor; !cursor.done();) {
    const std::vector<Found> page = TRY(patiently([&] { return store_.scan(cursor, kScanPage); }, patient));
    for (auto from = page.begin(); from != page.end();) {
      const auto other = [&](const Found& found) { return found.spot.inbox != from->spot.inbox; };
      const auto to = std::find_if(from, page.end(), other);
      TRY(save_inbox(writer, {from, to}, go_on));
      from = to;
      if (!go_on(saved_)) return false;
    }
  }
  TRY(writer.finish());
  return true;
}

Result<bool> Backup::save_models(BackupWriter& writer, const std::vector<ModelInfo>& models, const GoOn& go_on) {
  const auto patient = [&] { return go_on(saved_); };
  for (const ModelInfo& info : models) {
    Result<std::optional<Model>> model = patiently([&] { return store_.models().get(info.name); }, patient);
    if (!model && model.error().code == Code::corrupt) {
      if (++damaged_ <= kMostNamed) damage_.push_back("model '" + info.name + "': " + model.error().what);
      continue;
    }
    if (!model) return tl::unexpected(model.error());
    if (!*model) continue;  // removed since
    TRY(writer.add(SavedModel{info.name, std::move(**model)}));
    ++models_;
    if (!go_on(saved_)) return false;
  }
  return true;
}

Result<void> Backup::save_inbox(BackupWriter& writer, std::vector<Found> newest_first, const GoOn& go_on) {
  std::erase_if(newest_first, [](const Found& found) { return found.over_quota; });
  std::uint64_t newer = newest_first.size(), newer_size = 0;
  for (const Found& found : newest_first) newer_size += found.summary.size;
  for (auto found = newest_first.rbegin(); found != newest_first.rend(); ++found) {
    --newer;
    newer_size -= found->summary.size;
    const Spot& spot = found->spot;
    if (found->damaged) {
      const std::string what = "message '" + spot.id.text() + "': its summary is damaged";
      if (++damaged_ <= kMostNamed) damage_.push_back("inbox '" + spot.inbox.name() + "': " + what);
      continue;
    }
    Result<Message> message = patiently([&] { return store_.get(spot.inbox, spot.id); }, [&] { return go_on(saved_); });
    if (!message && message.error().code == Code::not_found) continue;  // removed since
    if (!message && message.error().code == Code::corrupt) {
      if (++damaged_ <= kMostNamed) damage_.push_back("inbox '" + spot.inbox.name() + "': " + message.error().what);
      continue;
    }
    if (!message) return tl::unexpected(message.error());
    const SavedMessage saved{spot.inbox, found->inbox_received, newer, newer_size, std::move(*message)};
    TRY(writer.add(saved));
    saved_.add(saved.inbox, saved.message.summary);
  }
  return {};
}

Result<bool> Restore::restore_models(BackupReader& reader, const GoOn& go_on) {
  const auto patient = [&] { return go_on(restored_); };
  for (;;) {
    const std::optional<SavedModel> saved = TRY(reader.next_model());
    if (!saved) return true;
    const std::string& name = saved->name;
    const Model& model = saved->model;
    const std::uint64_t there = TRY(patiently([&] { return version_to_replace(store_.models(), name); }, patient));
    if (there >= model.version) {
      ++models_kept_;
    } else {
      TRY(patiently([&] { return store_.models().put(name, model.bytes, model.version); }, patient));
      ++models_;
    }
    if (!go_on(restored_)) return false;
  }
}

Result<bool> Restore::run(BackupReader& reader, const GoOn& go_on) {
  if (!TRY(restore_models(reader, go_on))) return false;
  Result<std::optional<SavedMessage>> saved = reader.next();
  for (; saved && *saved; saved = reader.next()) {
    TRY(patiently([&] { return enter((*saved)->inbox); }, [&] { return go_on(restored_); }));
    if (const auto reason = reason_against(**saved)) {
      ++(passed_over_.*reason);
    } else {
      take(std::move(**saved));
    }
    if (batch_.size() >= kBatch || batch_bytes_ >= kPutBytes) TRY(put(go_on));
    if (batch_.empty() && !go_on(restored_)) return false;
  }
  TRY(put(go_on));
  go_on(restored_);
  if (!saved) return tl::unexpected(saved.error());
  return true;
}

/// Once for each inbox: what it has.
Result<void> Restore::enter(const mail::Inbox& inbox) {
  if (inbox_ == inbox.name()) return {};
  const std::vector<Summary> list = TRY(store_.list(inbox, {.quarantined = Quarantined::shown}));
  inbox_ = inbox.name();
  const Result<mail::Inbox> parsed = mail::Inbox::parse(inbox.name(), options_.inbox);
  nameable_ = parsed && *parsed == inbox;
  ids_.clear();
  for (const Summary& summary : list) ids_.insert(summary.id.text());
  newest_ = list.empty() ? std::nullopt : std::optional<Summary>(list.front());
  newest_seen_ = false;
  return {};
}

/// What is counted in place of restoring it; nullptr: nothing speaks against it.
std::uint64_t Restore::PassedOver::*Restore::reason_against(const SavedMessage& saved) {
  const Summary& summary = saved.message.summary;
  if (!nameable_) return &PassedOver::unnamed;
  newest_seen_ = newest_seen_ || (newest_ && newest_->id == summary.id);
  if (ids_.contains(summary.id.text())) return &PassedOver::known;
  const InboxSettings& caps = options_.inbox;
  if (!options_.renew && clock_.now() - saved.inbox_received >= caps.max_age) return &PassedOver::expired;
  const bool too_large = caps.max_size > 0 && saved.newer > 0 && saved.newer_size + summary.size > caps.max_size;
  if (saved.newer >= caps.max_messages || too_large) return &PassedOver::over_quota;
  // Times need not rise with the order of an inbox, which the file has: what is behind its newest is newer.
  const bool older = newest_ && !newest_seen_ && summary.received <= newest_->received;
  return older ? &PassedOver::older : nullptr;
}

void Restore::take(SavedMessage saved) {
  Message& message = saved.message;
  batch_bytes_ += message.data.size() + message.transcript.size() + message.verdicts.size();
  Delivery delivery;
  delivery.targets.push_back({std::move(saved.inbox), message.summary.to});
  // An inbox expires as a whole: its old mail lives as long as its newest.
  delivery.arrived = options_.renew ? clock_.now() : saved.inbox_received;
  delivery.summary = std::move(message.summary);
  delivery.data = std::move(message.data);
  delivery.transcript = std::move(message.transcript);
  delivery.verdicts = std::move(message.verdicts);
  batch_.push_back(std::move(delivery));
}

Result<void> Restore::put(const GoOn& go_on) {
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
  const std::vector<Result<MessageId>> results = TRY(patiently(put, [&] { return go_on(restored_); }));
  Result<void> refused;
  std::set<std::string> ended;      // inboxes with one that was refused
  std::vector<std::size_t> behind;  // it in its inbox: the next run would take that one for older than these
  for (std::size_t i = 0; i < results.size(); ++i) {
    const mail::Inbox& inbox = batch[i].targets.front().inbox;
    if (!results[i]) {
      refused = tl::unexpected(results[i].error());
      ended.insert(inbox.name());
    } else if (ended.contains(inbox.name())) {
      behind.push_back(i);
    } else {
      restored_.add(inbox, batch[i].summary);
    }
  }
  for (std::size_t n = behind.size(); n-- > 0;) {
    const mail::Inbox& inbox = batch[behind[n]].targets.front().inbox;
    const auto remove = [&] { return store_.remove(inbox, *results[behind[n]]); };
    if (!patiently(remove, [&] { return go_on(restored_); })) restored_.add(inbox, batch[behind[n]].summary);
  }
  store_.tend();
  return refused;
}

}  // namespace maildrop::store
