/// memory_store: inboxes in memory, for tests and for mail that need not outlive the process.
///
/// All handles opened for one URL in a process share one State, so that a Feed or a second Store sees what the writer
/// puts. It goes with the last handle.
#include <algorithm>
#include <map>

#include "store/backends.h"
#include "store/caps.h"
#include "store/listing.h"
#include "store/memory_ledger.h"
#include "store/memory_models.h"
#include "store/memory_share.h"
#include "store/memory_state.h"
#include "store/memory_statistics.h"

namespace maildrop::store {

namespace {

using namespace memory;

/// Where in a list, the oldest first, something of that time belongs: at the end, unless it is out of a backup.
template <class List, class TimeOf>
typename List::iterator behind_older(List& list, Time time, TimeOf time_of) {
  auto at = list.end();
  while (at != list.begin() && time_of(*std::prev(at)) > time) --at;
  return at;
}

class MemoryStore final : public Store {
 public:
  MemoryStore(std::shared_ptr<State> state, const OpenOptions& options)
      : state_(std::move(state)),
        clock_(*options.clock),
        expiry_(clock_),
        writes_(options.role == Role::writer),
        max_size_(options.settings.max_size),
        compression_(options.settings.compression),
        settings_(options.inbox),
        models_(options.url, clock_) {}

  ~MemoryStore() override {
    const std::lock_guard lock(state_->mutex);
    if (writes_) state_->written = false;
  }

  std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries) override {
    std::vector<Result<MessageId>> results;
    const PackedBodies bodies(deliveries, compression_);
    const std::lock_guard lock(state_->mutex);
    for (std::size_t i = 0; i < deliveries.size(); ++i) results.push_back(put_one(deliveries[i], bodies[i]));
    state_->news.notify_all();
    return results;
  }

  Result<std::vector<Summary>> list(const mail::Inbox& inbox, const Query& query) override {
    const std::lock_guard lock(state_->mutex);
    Listing listing(query);
    const Box* box = live(inbox.name());
    if (!box) return listing.take();
    const std::size_t end = std::min<std::size_t>(box->entries.size(), settings_.max_messages);
    for (std::size_t i = 0; i < end && !listing.full(); ++i)
      listing.add(box->entries[box->entries.size() - 1 - i].summary);
    return listing.take();
  }

  Result<Message> get(const mail::Inbox& inbox, const MessageId& id) override {
    std::unique_lock lock(state_->mutex);
    Box* box = live(inbox.name());
    const auto at = box ? find(*box, id) : std::deque<Entry>::iterator{};
    if (!box || at == box->entries.end()) return fail(Code::not_found, "no message '" + id.text() + "'");
    Entry entry = *at;
    lock.unlock();
    UnpackedBody body = TRY(unpack_body(form_of(entry.body->packed), entry.body->packed.bytes, entry.summary.size));
    return Message{std::move(entry.summary), std::move(body.data), std::move(body.transcript),
                   std::move(body.verdicts)};
  }

  Result<bool> remove(const mail::Inbox& inbox, const MessageId& id) override {
    const std::lock_guard lock(state_->mutex);
    Box* box = live(inbox.name());
    const auto at = box ? find(*box, id) : std::deque<Entry>::iterator{};
    if (!box || at == box->entries.end()) return false;
    drop(*box, at);
    if (box->entries.empty()) close(*box);
    announce(inbox.name());
    return true;
  }

  Result<PurgeReport> purge(const PurgeQuery& query) override {
    const std::lock_guard lock(state_->mutex);
    PurgeReport report;
    // After a clock that was ahead has been set back: what it stamped would keep all behind it from expiring.
    Boxes& boxes = state_->boxes;
    for (std::size_t i = 0; i < query.messages && !boxes.empty() && boxes.front().last > clock_.now(); ++i) {
      boxes.front().last = clock_.now();
      boxes.splice(boxes.end(), boxes, boxes.begin());
    }
    const Time now = expiry_.now();
    const auto expired = [&] { return !state_->boxes.empty() && is_expired(state_->boxes.front(), now); };
    while (expired()) {
      Box& box = state_->boxes.front();
      while (!box.entries.empty() && report.removed < query.messages) {
        drop(box, box.entries.begin());
        ++report.removed;
      }
      if (!box.entries.empty()) break;
      close(box);
    }
    report.more = expired() || !make_room(query.messages - report.removed, now, report);
    return report;
  }

  Result<std::vector<Found>> scan(ScanCursor& cursor, std::size_t messages) override {
    const std::lock_guard lock(state_->mutex);
    if (!std::exchange(cursor.named, true)) {
      for (const Box& box : state_->boxes) cursor.inboxes.push_back(box.name);
    }
    std::vector<Found> found;
    while (!cursor.inboxes.empty() && found.size() < messages) {
      const auto at = state_->by_name.find(cursor.inboxes.back());
      if (at != state_->by_name.end()) look_at(*at->second, found);
      cursor.inboxes.pop_back();
    }
    return found;
  }

  Result<std::size_t> remove_all(std::span<const Spot> spots) override {
    const std::lock_guard lock(state_->mutex);
    std::size_t removed = 0;
    for (const Spot& spot : spots) {
      const auto box = state_->by_name.find(spot.inbox.name());
      if (box == state_->by_name.end()) continue;
      std::deque<Entry>& entries = box->second->entries;
      const auto at =
          std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.summary.id == spot.id; });
      if (at == entries.end()) continue;
      drop(*box->second, at);
      if (entries.empty()) close(*box->second);
      announce(spot.inbox.name());
      ++removed;
    }
    return removed;
  }

  Result<StoreStats> stats() override {
    const std::lock_guard lock(state_->mutex);
    return StoreStats{state_->boxes.size(), state_->messages, state_->bytes, 0};
  }

  Result<void> ready() override {
    const std::lock_guard lock(state_->mutex);
    if (free() < max_size_ / 32) return fail(Code::over_limit, "the store is full");
    return {};
  }

  Models& models() override { return models_; }

  void apply(const InboxSettings& settings) override {
    const std::lock_guard lock(state_->mutex);
    settings_ = settings;
  }

 private:
  bool is_expired(const Box& box, Time now) const { return now - box.last >= settings_.max_age; }

  Box* live(const std::string& name) {
    const auto at = state_->by_name.find(name);
    return at == state_->by_name.end() || is_expired(*at->second, clock_.now()) ? nullptr : &*at->second;
  }

  /// All of an inbox, newest first.
  void look_at(const Box& box, std::vector<Found>& found) {
    Quota quota(settings_.max_messages, settings_.max_size, is_expired(box, clock_.now()));
    for (auto entry = box.entries.rbegin(); entry != box.entries.rend(); ++entry) {
      const bool over = quota.exceeded_by(entry->body->packed.data_size);
      found.push_back({{mail::Inbox::trusted(box.name), entry->summary.id}, entry->summary, over, box.last});
    }
  }

  /// Only among the newest max_messages: what no list shows is not there.
  std::deque<Entry>::iterator find(Box& box, const MessageId& id) const {
    const std::size_t hidden = box.entries.size() - std::min<std::size_t>(box.entries.size(), settings_.max_messages);
    return std::find_if(box.entries.begin() + static_cast<std::ptrdiff_t>(hidden), box.entries.end(),
                        [&](const Entry& entry) { return entry.summary.id == id; });
  }

  void drop(Box& box, std::deque<Entry>::iterator at) {
    state_->bytes -= held_by(*at);
    std::erase(at->body->inboxes, box.name);
    if (at->body->inboxes.empty()) release(*at->body);
    --state_->messages;
    box.entries.erase(at);
  }

  void release(const Body& body) {
    Holder& holder = state_->sources.at(body.source);
    holder.bytes -= body.charge;
    holder.bodies.erase(body.in_source);
    if (holder.bodies.empty()) state_->sources.erase(body.source);
  }

  /// REQUIRES: it has no entries.
  void close(const Box& box) {
    state_->bytes -= cost(box);
    const Boxes::iterator at = state_->by_name.at(box.name);
    state_->by_name.erase(box.name);
    state_->boxes.erase(at);
  }

  std::uint64_t free() const { return max_size_ - std::min(max_size_, state_->bytes); }

  /// Removes at most `most`; false: more would have to go.
  bool make_room(std::size_t most, Time now, PurgeReport& report) {
    const Time old = now - std::min(settings_.min_age, settings_.max_age);
    while (const Holder* largest = largest_with(old)) {
      if (!must_yield(largest->bytes, free(), max_size_)) return true;
      if (report.evicted >= most) return false;
      const Body& oldest = *largest->bodies.front();
      report.evicted += oldest.inboxes.size();
      report.source = to_string(oldest.source);
      evict(oldest);
    }
    Boxes& boxes = state_->boxes;
    if (!small_ones_yield(of_large(), state_->bytes)) return true;
    while (must_yield(0, free(), max_size_) && !boxes.empty() && boxes.front().last <= old) {
      if (report.evicted >= most) return false;
      Box& box = boxes.front();
      drop(box, box.entries.begin());
      if (box.entries.empty()) close(box);
      ++report.evicted;
    }
    return true;
  }

  std::uint64_t of_large() const {
    std::uint64_t sum = 0;
    for (const auto& [source, holder] : state_->sources) sum += holder.bytes >= max_size_ / kLarge ? holder.bytes : 0;
    return sum;
  }

  /// The largest source that has something so old; null: there is none, or only small ones.
  const Holder* largest_with(Time old) const {
    const Holder* found = nullptr;
    for (const auto& [source, holder] : state_->sources) {
      if (holder.bytes < max_size_ / kLarge || holder.bodies.front()->stored > old) continue;
      if (!found || found->bytes < holder.bytes) found = &holder;
    }
    return found;
  }

  void evict(const Body& body) {
    for (const std::string& name : std::vector<std::string>(body.inboxes)) {  // the last one takes `body` with it
      Box& box = *state_->by_name.at(name);
      drop(box, std::find_if(box.entries.begin(), box.entries.end(),
                             [&](const Entry& entry) { return entry.body.get() == &body; }));
      if (box.entries.empty()) close(box);
    }
  }

  Result<MessageId> put_one(const Delivery& delivery, const PackedBody& packed) {
    if (!writes_) return fail(Code::unavailable, "the store is open for reading only");
    const Source source = source_of(delivery.summary.peer);
    const std::uint64_t charge = charge_of(delivery, packed);
    const auto known = state_->sources.find(source);
    const std::uint64_t held = known == state_->sources.end() ? 0 : known->second.bytes;
    if (charge > free() || (!delivery.arrived && !may_add(held, charge, free())))
      return fail(Code::over_limit,
                  charge > free() ? "the store is full" : to_string(source) + " holds its share of the store");
    const Time now = clock_.now();
    const auto body =
        std::make_shared<Body>(Body{packed, source, std::min(delivery.arrived.value_or(now), now), charge});
    for (const Delivery::Target& target : delivery.targets) put_in(delivery, target, body);
    return delivery.summary.id;
  }

  /// What it takes at most.
  static std::uint64_t charge_of(const Delivery& delivery, const PackedBody& packed) {
    std::uint64_t sum = packed.bytes.size();
    for (const Delivery::Target& target : delivery.targets)
      sum += cost(delivery.summary) + target.to.size() + kBoxOverhead + 2 * target.inbox.name().size();
    return sum;
  }

  void put_in(const Delivery& delivery, const Delivery::Target& target, const std::shared_ptr<Body>& body) {
    Box& box = open_box(target.inbox.name());
    const Time now = expiry_.now();
    while (is_expired(box, now) && !box.entries.empty()) drop(box, box.entries.begin());
    if (find(box, delivery.summary.id) != box.entries.end()) return;
    Entry entry{delivery.summary, body};
    entry.summary.to = target.to;
    state_->bytes += cost(entry.summary);
    if (body->inboxes.empty()) {
      state_->bytes += body->packed.bytes.size();
      Holder& holder = state_->sources[body->source];
      const auto stored_at = [](const Body* each) { return each->stored; };
      holder.bytes += body->charge;
      body->in_source = holder.bodies.insert(behind_older(holder.bodies, body->stored, stored_at), body.get());
    }
    body->inboxes.push_back(box.name);
    ++state_->messages;
    state_->changes.add(box.name);
    box.entries.push_back(std::move(entry));
    while (is_too_much(box)) drop(box, box.entries.begin());
    box.last = delivery.arrived ? std::max(box.last, body->stored) : clock_.now();
    Boxes one;
    one.splice(one.end(), state_->boxes, state_->by_name.at(box.name));
    const auto last_of = [](const Box& each) { return each.last; };
    state_->boxes.splice(behind_older(state_->boxes, box.last, last_of), one);
  }

  bool is_too_much(const Box& box) const {
    if (box.entries.size() > settings_.max_messages) return true;
    if (settings_.max_size == 0 || box.entries.size() < 2) return false;
    std::uint64_t sum = 0;
    for (const Entry& entry : box.entries) sum += entry.body->packed.data_size;
    return sum > settings_.max_size;
  }

  Box& open_box(const std::string& name) {
    const auto at = state_->by_name.find(name);
    if (at != state_->by_name.end()) return *at->second;
    Box& box = state_->boxes.emplace_back();
    box.name = name;
    state_->by_name.emplace(box.name, std::prev(state_->boxes.end()));
    state_->bytes += cost(box);
    return box;
  }

  void announce(const std::string& inbox) {
    state_->changes.add(inbox);
    state_->news.notify_all();
  }

  std::shared_ptr<State> state_;
  const Clock& clock_;
  PacedTime expiry_;  // what removes mail goes by it; under the state's mutex
  const bool writes_;
  const std::uint64_t max_size_;
  const int compression_;
  InboxSettings settings_;  // under the state's mutex
  MemoryModels models_;
};

class MemoryFeed final : public Feed {
 public:
  explicit MemoryFeed(std::shared_ptr<State> state) : state_(std::move(state)) {
    const std::lock_guard lock(state_->mutex);
    seen_ = state_->changes.count();
  }

  Result<bool> wait(std::chrono::milliseconds at_most) override {
    std::unique_lock lock(state_->mutex);
    state_->news.wait_for(lock, at_most, [&] { return state_->changes.count() != seen_; });
    news_ = state_->changes.since(std::exchange(seen_, state_->changes.count()));
    return !news_.empty();
  }

 private:
  std::shared_ptr<State> state_;
  std::uint64_t seen_ = 0;
};

Result<std::shared_ptr<State>> attach(const OpenOptions& options) {
  if (auto state = shared_at<State>(options.url, options.role == Role::writer || options.create_missing)) return state;
  return fail(Code::not_found, "no store at '" + options.url + "'");
}

Result<std::unique_ptr<Store>> open_memory(const OpenOptions& options) {
  const std::shared_ptr<State> state = TRY(attach(options));
  if (options.role == Role::writer) {
    const std::lock_guard lock(state->mutex);
    if (state->written) return fail(Code::unavailable, "store '" + options.url + "' has a writer already");
    state->written = true;
  }
  return std::make_unique<MemoryStore>(state, options);
}

Result<std::unique_ptr<Feed>> feed_memory(const OpenOptions& options) {
  return std::make_unique<MemoryFeed>(TRY(attach(options)));
}

/// Nothing that another process has can be in its way.
Result<void> check_memory(const OpenOptions&, std::span<const pid_t>) { return {}; }

}  // namespace

extern const BackendKind memory_backend;
const BackendKind memory_backend{
    "memory",         "in memory, gone with the process", open_memory, check_memory, feed_memory, open_memory_ledger,
    memory_statistics};

}  // namespace maildrop::store
