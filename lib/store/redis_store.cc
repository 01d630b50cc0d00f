/// redis_store.cc: inboxes in a Redis server that several machines may share. As durable as the server is told to be
/// (examples/redis.conf); with redis.wait_replicas, on so many of its replicas, too.
///
/// Any number of processes writes. A delivery is one script, and a batch one pipeline: what was sent and not answered
/// is sent once more, which changes nothing where it had been executed, since a message is known by its id.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <thread>

#include "store/backends.h"
#include "store/caps.h"
#include "store/fair_share.h"
#include "store/listing.h"
#include "store/packed_body.h"
#include "store/packed_summary.h"
#include "store/redis_client.h"
#include "store/redis_feed.h"
#include "store/redis_ledger.h"
#include "store/redis_models.h"
#include "store/redis_room.h"
#include "store/redis_scan.h"
#include "store/redis_statistics.h"

namespace maildrop::store {

namespace {

using namespace redis;
using std::chrono::milliseconds;

constexpr milliseconds kReadyFor{1000};
constexpr std::size_t kOverhead = 400;  // of a message, about: redis_scripts.cc

/// One batch on its way.
class Batch {
 public:
  Batch(Client& client, std::span<const Delivery> deliveries, Time now, Time floor, const Caps& caps,
        std::uint64_t max_size, int compression)
      : client_(client),
        deliveries_(deliveries),
        compression_(compression),
        bodies_(deliveries, compression),
        now_(now),
        floor_(std::to_string(to_millis(floor))),
        most_(std::to_string(caps.messages)),
        most_bytes_(std::to_string(caps.bytes)),
        max_size_(std::to_string(max_size)),
        replicas_(std::to_string(client.settings().wait_replicas)),
        capacity_(max_size) {
    for (std::size_t i = 0; i < deliveries.size(); ++i) open_.push_back(i);
    results_.assign(deliveries.size(), fail(Code::unavailable, "no answer"));
  }

  std::vector<Result<MessageId>> run() {
    const Steady::time_point deadline = client_.deadline();
    Result<void> sent = send(deadline);
    if (!open_.empty() && Steady::now() + Client::kFirstPause < deadline) {
      const Result<void> first = sent;
      if (!sent) std::this_thread::sleep_for(Client::kFirstPause);
      sent = send(deadline);
      // What the first try has done is not undone by a second that could not begin.
      if (!sent && !first && first.error().code == Code::timed_out) sent = first;
    }
    for (const std::size_t i : open_)
      if (!sent) results_[i] = tl::unexpected(sent.error());
    return std::move(results_);
  }

 private:
  /// What is answered is open no more.
  Result<void> send(Steady::time_point deadline) {
    Client::Lease lease = TRY(client_.borrow(deadline));
    // Redis syncs its file each time it has read some kilobytes; within a transaction it syncs once for all.
    const bool together = open_.size() > 1;
    const bool waits = client_.settings().wait_replicas > 0;
    if (together) lease->add({"MULTI"});
    for (const std::size_t i : open_) add(lease, deliveries_[i], bodies_[i]);
    if (together) lease->add({"EXEC"});
    const std::string patience = std::to_string(client_.settings().timeout.count() / 2);
    if (waits) lease->add({"WAIT", replicas_, patience});
    std::vector<Reply> replies;
    if (Result<void> exchanged = lease->exchange(deadline, replies); !exchanged)  // nobody knows what was done
      return fail(Code::timed_out, exchanged.error().what);
    const std::int64_t replicas = waits ? replies.back().number : 0;
    if (waits) replies.pop_back();
    if (together) replies = unfolded(std::move(replies));
    const std::vector<std::size_t> sent = std::exchange(open_, {});
    bool known = true;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const std::string_view error = replies[i].error_word();
      if (error == "NOSCRIPT") {
        known = false;
        open_.push_back(sent[i]);
      }
      if (error == "READONLY") client_.distrust();  // it was the master until a moment ago
      results_[sent[i]] = result(deliveries_[sent[i]], replies[i], lease->place());
      if (waits && results_[sent[i]] && replicas < client_.settings().wait_replicas)
        results_[sent[i]] = fail(Code::timed_out, "only " + std::to_string(replicas) + " of " + replicas_ +
                                                      " replicas (redis.wait_replicas) have it");
    }
    if (!known) TRY(lease.load(deadline));
    return {};
  }

  /// Of MULTI, what was queued, and EXEC: what each delivery has come to. Where the transaction was not begun or thrown
  /// away, what was said instead.
  static std::vector<Reply> unfolded(std::vector<Reply> replies) {
    const Reply multi = std::move(replies.front());
    Reply exec = std::move(replies.back());
    if (exec.is(Reply::Kind::list) && exec.list.size() + 2 == replies.size()) return std::move(exec.list);
    replies.erase(replies.begin());
    replies.pop_back();
    for (Reply& reply : replies) {
      if (reply.is(Reply::Kind::number) || reply.is(Reply::Kind::error)) continue;  // done, or refused, by itself
      reply = multi.is(Reply::Kind::error) ? multi : exec;
    }
    return replies;
  }

  void add(Client::Lease& lease, const Delivery& delivery, const PackedBody& body) const {
    std::vector<std::string> summaries(delivery.targets.size());
    std::size_t size = body.bytes.size();
    for (std::size_t i = 0; i < summaries.size(); ++i) {
      summaries[i] = pack(delivery.summary, delivery.targets[i].to, compression_ > 0);
      size += kOverhead + summaries[i].size() + 2 * delivery.targets[i].inbox.name().size();
    }
    const std::string source = to_string(source_of(delivery.summary.peer));
    const std::string weight = weight_of(delivery, size), form = std::to_string(form_of(body));
    const std::string arrived = std::to_string(to_millis(std::min(delivery.arrived.value_or(now_), now_)));
    const std::string& id = delivery.summary.id.text();
    std::vector<std::string_view> words{client_.settings().prefix, id, arrived, floor_, most_, most_bytes_, max_size_};
    words.insert(words.end(), {source, weight, form, body.bytes, delivery.arrived ? "1" : "0"});
    for (std::size_t i = 0; i < delivery.targets.size(); ++i) {
      words.push_back(delivery.targets[i].inbox.name());
      words.push_back(summaries[i]);
    }
    lease.run(Script::put, std::move(words));
  }

  /// Ids are random, and a delivery that is sent again must weigh the same.
  std::string weight_of(const Delivery& delivery, std::size_t size) const {
    const std::size_t random = std::hash<std::string>{}(delivery.summary.id.text());
    return std::to_string(weight_in_sample(size, capacity_, random));
  }

  static Result<MessageId> result(const Delivery& delivery, const Reply& reply, const Place& place) {
    if (reply.is(Reply::Kind::error)) return tl::unexpected(error_of(reply, place));
    if (!reply.is(Reply::Kind::number)) return fail(Code::timed_out, "redis: no answer");
    if (reply.number == 0) return fail(Code::over_limit, "the store is full");
    if (reply.number < 0)
      return fail(Code::over_limit, to_string(source_of(delivery.summary.peer)) + " holds its share of the store");
    return delivery.summary.id;
  }

  Client& client_;
  std::span<const Delivery> deliveries_;
  const int compression_;
  const PackedBodies bodies_;
  const Time now_;
  const std::string floor_, most_, most_bytes_, max_size_, replicas_;
  const std::uint64_t capacity_;
  std::vector<std::size_t> open_;
  std::vector<Result<MessageId>> results_;
};

class RedisStore final : public Store {
 public:
  RedisStore(Target target, const OpenOptions& options)
      : client_(std::move(target), options.redis),
        clock_(*options.clock),
        expiry_(clock_),
        writes_(options.role == Role::writer),
        max_size_(options.settings.max_size),
        compression_(options.settings.compression),
        models_(client_, clock_),
        room_(client_, max_size_),
        caps_(options.inbox) {}

  std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries) override {
    if (!writes_) return std::vector<Result<MessageId>>(deliveries.size(), tl::unexpected(reading_only()));
    const Caps now = caps_.get();
    return Batch(client_, deliveries, clock_.now(), paced_now() - now.age, now, max_size_, compression_).run();
  }

  Result<std::vector<Summary>> list(const mail::Inbox& inbox, const Query& query) override {
    const std::size_t most = caps_.get().messages;
    const std::size_t first = std::min(query.offset, most);
    const std::size_t wanted = first + std::min(query.limit, most - first);
    if (first == wanted) return std::vector<Summary>();
    // Where all are shown this is enough. Where it is not, all at once, and not more of it: nothing can come between.
    for (std::size_t asked = wanted;; asked = most) {
      Listing listing(query);
      const std::vector<Reply> replies = TRY(ask_inbox(inbox, asked, {}));
      if (!is_live(replies[0])) return listing.take();
      for (const Reply& entry : replies[1].list)
        if (auto summary = unpacked(entry.text)) listing.add(std::move(*summary));
      if (listing.full() || asked == most || replies[1].list.size() < asked) return listing.take();
    }
  }

  Result<Message> get(const mail::Inbox& inbox, const MessageId& id) override {
    const std::string body = client_.settings().prefix + "body:" + id.text();
    std::vector<Reply> replies = TRY(ask_inbox(inbox, caps_.get().messages, body));
    const auto not_found = [&] { return fail(Code::not_found, "no message '" + id.text() + "'"); };
    if (!is_live(replies[0]) || replies[2].list.size() != 3) return not_found();
    const std::vector<Reply>& parts = replies[2].list;
    if (!parts[0].is(Reply::Kind::text)) return not_found();
    for (const Reply& entry : replies[1].list) {
      if (std::string_view(entry.text).substr(0, kId) != id.text()) continue;
      Summary summary = TRY(unpacked(entry.text));
      Result<UnpackedBody> whole = unpack_body(count(parts[1]), parts[0].text, summary.size);
      if (!whole) return fail(whole.error().code, "message '" + id.text() + "': " + whole.error().what);
      if (whole->transcript.empty()) whole->transcript = parts[2].text;  // an older maildrop's
      return Message{std::move(summary), std::move(whole->data), std::move(whole->transcript),
                     std::move(whole->verdicts)};
    }
    return not_found();
  }

  Result<bool> remove(const mail::Inbox& inbox, const MessageId& id) override {
    const std::string floor = std::to_string(to_millis(clock_.now() - caps_.get().age));
    const std::string most = std::to_string(caps_.get().messages);
    const Reply reply =
        TRY(client_.run(Script::remove, {client_.settings().prefix, id.text(), floor, most, inbox.name()}));
    return reply.number == 1;
  }

  Result<PurgeReport> purge(const PurgeQuery& query) override {
    if (!writes_) return tl::unexpected(reading_only());
    const Caps caps = caps_.get();
    const Time now = paced_now();
    const std::string floor = std::to_string(to_millis(now - caps.age));
    const std::string most = std::to_string(query.messages);
    const Reply reply = TRY(client_.run(Script::purge, {client_.settings().prefix, floor, most}));
    if (reply.list.size() != 3) return fail(Code::internal, "redis: no report");
    PurgeReport report{count(reply.list[0]), 0, {}, reply.list[1].number == 1};
    const std::lock_guard lock(room_mutex_);
    if (!report.more) TRY(room_.step(count(reply.list[2]), query.messages - report.removed, now, caps, report));
    return report;
  }

  Result<std::vector<Found>> scan(ScanCursor& cursor, std::size_t messages) override {
    return redis::scan(client_, cursor, messages, clock_.now(), caps_.get());
  }

  Result<std::size_t> remove_all(std::span<const Spot> spots) override {
    if (spots.empty()) return std::size_t{0};
    return take(client_, spots);
  }

  Result<bool> scrub() override { return empty_trash(client_); }
  Result<StoreStats> stats() override {
    const Steady::time_point deadline = client_.deadline();
    Client::Lease lease = TRY(client_.borrow(deadline));
    lease->add({"ZCARD", client_.settings().prefix + "last"});
    lease->add({"HMGET", client_.settings().prefix + "total", "messages", "bytes"});
    const std::vector<Reply> replies = TRY(lease.answers(deadline));
    StoreStats stats;
    stats.inboxes = count(replies[0]);
    if (replies[1].list.size() != 2) return stats;
    stats.messages = count(replies[1].list[0]);
    stats.bytes = count(replies[1].list[1]);
    return stats;
  }

  /// That it can be read proves nothing: only a write tells of OOM, READONLY and MISCONF. Who asks more than once a
  /// second hears the same again, since each time it is a sync of the server's disk.
  Result<void> ready() override {
    if (!writes_) {
      TRY(stats());
      return {};
    }
    const std::lock_guard lock(ready_mutex_);
    if (Steady::now() < ready_until_) return ready_;
    ready_ = probe();
    ready_until_ = Steady::now() + kReadyFor;
    return ready_;
  }

  void tend() override { client_.follow(Steady::now() + client_.settings().timeout / 4); }

  std::vector<std::string> warnings() override {
    std::vector<std::string> found;
    const std::string append_only = setting("appendonly"), policy = setting("maxmemory-policy");
    if (append_only == "no") found.emplace_back("redis: appendonly is off, mail that was acknowledged is lost with it");
    if (!policy.empty() && policy != "noeviction")
      found.push_back("redis: maxmemory-policy " + policy + " throws mail away that was acknowledged");
    if (client_.has_sentinels() && client_.settings().wait_replicas == 0 && setting("min-replicas-to-write") == "0")
      found.emplace_back("redis: a fail-over loses mail with redis.wait_replicas = 0 and min-replicas-to-write 0");
    return found;
  }

  Models& models() override { return models_; }
  void apply(const InboxSettings& settings) override { caps_.set(settings); }

 private:
  Result<void> probe() {
    const std::string& prefix = client_.settings().prefix;
    const Steady::time_point deadline = client_.deadline();
    Client::Lease lease = TRY(client_.borrow(deadline));
    lease->add({"PUBLISH", prefix + "news", ""});  // an ACL may have forgotten it
    lease->add({"SET", prefix + "probe", "", "PX", "1"});
    lease->add({"HGET", prefix + "total", "bytes"});
    const std::vector<Reply> replies = TRY(lease.answers(deadline));
    if (count(replies.back()) > max_size_ - max_size_ / 32) return fail(Code::over_limit, "the store is full");
    return {};
  }

  /// Of the server; empty where we may not ask.
  std::string setting(std::string_view name) {
    const Steady::time_point deadline = client_.deadline();
    auto lease = client_.borrow(deadline);
    if (!lease) return {};
    const Result<Reply> reply = (*lease)->ask({"CONFIG", "GET", name}, deadline);
    return reply && reply->list.size() == 2 ? reply->list[1].text : std::string();
  }

  static Error reading_only() { return {Code::unavailable, "the store is open for reading only"}; }

  Time paced_now() {
    const std::lock_guard lock(mutex_);
    return expiry_.now();
  }

  static std::uint64_t count(const Reply& reply) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, reply.as_number()));
  }

  /// When it last received, its newest entries, `most` at most, and the parts of `body`, if one is asked for. No
  /// transaction: a message that goes meanwhile is not found, and nothing else can go wrong. REQUIRES: `most` is not 0,
  /// since to Redis 0 to -1 is all.
  Result<std::vector<Reply>> ask_inbox(const mail::Inbox& inbox, std::size_t most, const std::string& body) {
    const std::string& prefix = client_.settings().prefix;
    const Steady::time_point deadline = client_.deadline();
    Client::Lease lease = TRY(client_.borrow(deadline));
    lease->add({"ZSCORE", prefix + "last", inbox.name()});
    const std::string list = prefix + "{" + inbox.name() + "}";
    lease->add({"LRANGE", list, "0", std::to_string(static_cast<std::int64_t>(most) - 1)});
    if (!body.empty()) lease->add({"HMGET", body, "d", "z", "t"});
    return lease.answers(deadline);
  }

  bool is_live(const Reply& score) const {
    double last = 0;
    const std::string& text = score.text;
    if (!score.is(Reply::Kind::text) || std::from_chars(text.data(), text.data() + text.size(), last).ec != std::errc())
      return false;
    return last > static_cast<double>(to_millis(clock_.now() - caps_.get().age));
  }

  static Result<Summary> unpacked(std::string_view entry) {
    return unpack(entry.substr(0, kId), entry.substr(std::min(kId, entry.size())));
  }

  Client client_;
  const Clock& clock_;
  std::mutex mutex_;
  PacedTime expiry_;  // what removes mail goes by it; under mutex_
  const bool writes_;
  const std::uint64_t max_size_;
  const int compression_;
  RedisModels models_;
  std::mutex room_mutex_;
  Room room_;
  std::mutex ready_mutex_;
  Steady::time_point ready_until_{};
  Result<void> ready_;
  LiveCaps caps_;
};

/// A server that is down is no reason not to start: mail hears 451 until it is there.
Result<std::unique_ptr<Store>> open_redis(const OpenOptions& options) {
  auto store = std::make_unique<RedisStore>(TRY(parse_target(options.url)), options);
  if (const auto there = store->stats(); !there && there.error().code == Code::corrupt)
    return fail(Code::invalid, there.error().what);
  return store;
}

/// Whoever is to take a place must do better than the one who has it.
Result<void> check_redis(const OpenOptions& options, std::span<const pid_t>) {
  Target target = TRY(parse_target(options.url));
  TRY(RedisStore(std::move(target), options).stats());
  return {};
}

constexpr BackendKind kind(std::string_view scheme, std::string_view summary) {
  return {scheme, summary, open_redis, check_redis, redis::open_feed, redis::open_ledger, redis::open_statistics};
}

}  // namespace

extern const BackendKind redis_backend, redis_unix_backend, redis_sentinel_backend;
constexpr BackendKind redis_backend = kind("redis", "in a Redis server, for several machines");
constexpr BackendKind redis_unix_backend = kind("redis+unix", "the same by a unix socket");
constexpr BackendKind redis_sentinel_backend = kind("redis+sentinel", "the same, of whatever server is master now");

}  // namespace maildrop::store
