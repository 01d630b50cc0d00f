/// redis_client.cc: pool, back-off, sentinels.
#include "store/redis_client.h"

#include <algorithm>
#include <random>
#include <utility>

namespace maildrop::store::redis {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kIdle = 8;
constexpr int kHandshakePart = 4;  // of the time that is left: a server that hangs accepts, and says nothing
constexpr std::chrono::minutes kMostApart{5};
constexpr milliseconds kLongestPause{1000};

/// Somewhere in its second half, so that a thousand processes do not come back at once.
milliseconds jittered(milliseconds pause) {
  thread_local std::minstd_rand random(std::random_device{}());
  return pause / 2 + milliseconds(static_cast<std::int64_t>(random()) % std::max<std::int64_t>(1, pause.count() / 2));
}

/// What a sentinel knows of a master.
struct Known {
  Place place;
  std::int64_t epoch = -1;  // of the fail-over that made it one: the highest is the last
};

Result<Known> ask_sentinel(const Place& sentinel, const std::string& name, const Login& login,
                           Steady::time_point deadline) {
  Link link = TRY(Link::open(sentinel, login, deadline));
  const Reply reply = TRY(link.ask({"SENTINEL", "MASTER", name}, deadline));
  Known known;
  for (std::size_t i = 0; i + 1 < reply.list.size(); i += 2) {
    const Reply& value = reply.list[i + 1];
    if (reply.list[i].text == "ip") known.place.host = value.text;
    if (reply.list[i].text == "port") known.place.port = static_cast<std::uint16_t>(value.as_number());
    if (reply.list[i].text == "config-epoch") known.epoch = value.as_number();
  }
  if (!known.place.host.empty() && known.place.port != 0) return known;
  return fail(Code::unavailable, "sentinel at " + to_string(sentinel) + ": does not say where '" + name + "' is");
}

/// A master may have been one until a moment ago.
Result<void> must_be_master(Link& link, Steady::time_point deadline) {
  const Reply role = TRY(link.ask({"ROLE"}, deadline));
  if (!role.list.empty() && role.list.front().text == "master") return {};
  return fail(Code::unavailable, "redis at " + to_string(link.place()) + ": is not the master");
}

/// Mail expires by the clocks of all who share the server: one that is a day ahead would remove everybody's.
Result<void> same_time(const Reply& time, const Place& place) {
  if (time.list.empty()) return {};
  const std::chrono::seconds there(time.list.front().as_number());
  const auto here = std::chrono::system_clock::now().time_since_epoch();
  const auto apart = std::chrono::abs(std::chrono::duration_cast<std::chrono::seconds>(here) - there);
  if (apart <= kMostApart) return {};
  return fail(Code::unavailable, "redis at " + to_string(place) + ": its clock and ours are " +
                                     std::to_string(apart.count()) + " s apart");
}

}  // namespace

Client::Client(Target target, RedisSettings settings) : target_(std::move(target)), settings_(std::move(settings)) {}

Result<Link> Client::open_at(const Place& place, Steady::time_point deadline) const {
  return Link::open(place, {settings_.username, settings_.password, target_.database}, deadline);
}

/// As the majority of the sentinels has it: one alone may be cut off, with a master that nobody else knows any more and
/// that would take mail which nobody finds again. Of those that answer, the one whose fail-over was last is right.
Result<Place> Client::find_master(Steady::time_point deadline) const {
  const std::size_t needed = target_.places.size() / 2 + 1;
  std::size_t left = target_.places.size();
  std::size_t answered = 0;
  Known best;
  Error last{Code::unavailable, {}};
  for (const Place& sentinel : target_.places) {
    // Each gets its share of the time, or one that hangs would take it all.
    const Steady::time_point until = Steady::now() + (deadline - Steady::now()) / static_cast<int>(left--);
    Result<Known> known = ask_sentinel(sentinel, target_.master, {{}, settings_.sentinel_password, 0}, until);
    if (!known) {
      last = known.error();
      continue;
    }
    if (known->epoch > best.epoch) best = std::move(*known);
    if (++answered == needed) return best.place;
  }
  return fail(Code::unavailable, std::to_string(answered) + " of " + std::to_string(target_.places.size()) +
                                     " sentinels answer, and " + std::to_string(needed) + " are needed: " + last.what);
}

Result<Link> Client::open(Steady::time_point deadline) const {
  if (!has_sentinels()) return open_at(target_.places.front(), deadline);
  const Place place = TRY(find_master(Steady::now() + (deadline - Steady::now()) / 2));
  Link link = TRY(open_at(place, deadline));
  TRY(must_be_master(link, deadline));
  return link;
}

/// A link that knows the scripts, to a server whose data we understand.
Result<Link> Client::prepared(Steady::time_point deadline) {
  if (!has_sentinels()) deadline = Steady::now() + (deadline - Steady::now()) / kHandshakePart;
  Link link = TRY(open(deadline));
  for (const std::string_view text : script_texts()) link.add({"SCRIPT", "LOAD", text});
  const std::string total = settings_.prefix + "total";
  link.add({"TIME"});
  link.add({"HGET", total, "version"});
  std::vector<Reply> replies;
  TRY(link.exchange(deadline, replies));
  for (const Reply& reply : replies)
    if (reply.is(Reply::Kind::error)) return tl::unexpected(error_of(reply, link.place()));
  TRY(same_time(replies[kScripts], link.place()));
  const std::string& text = replies.back().text;  // empty: nothing is there yet
  const std::int64_t version = replies.back().as_number();
  if (!text.empty() && (version < 1 || version > kVersion))
    return fail(Code::corrupt, "redis at " + to_string(link.place()) + " has data of version " + text +
                                   ", this maildrop knows " + std::to_string(kVersion));
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kScripts; ++i) digests_[i] = std::move(replies[i].text);
  master_ = link.place();
  return link;
}

Result<Client::Lease> Client::borrow(Steady::time_point deadline) {
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = generation_;
    while (!idle_.empty()) {
      Link link = std::move(idle_.back());
      idle_.pop_back();
      if (link.is_idle()) return Lease(*this, std::move(link), generation);
    }
    if (failed_ && Steady::now() < next_try_) return tl::unexpected(*failed_);
  }
  Result<Link> link = prepared(deadline);
  if (!link) {
    note_failure(link.error(), generation);
    return tl::unexpected(link.error());
  }
  const std::lock_guard lock(mutex_);
  failed_.reset();
  pause_ = milliseconds(0);
  return Lease(*this, std::move(*link), generation);
}

void Client::give_back(Link link, std::uint64_t generation) {
  if (!link.failure().empty()) return note_failure({Code::unavailable, link.failure()}, generation);
  if (!link.is_idle()) return;
  const std::lock_guard lock(mutex_);
  if (generation == generation_ && idle_.size() < kIdle) idle_.push_back(std::move(link));
}

/// Where one link has failed the others are of no use either; what becomes of them then is no news of the next ones.
void Client::note_failure(const Error& error, std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return;
  idle_.clear();
  ++generation_;
  failed_ = error;
  pause_ = std::clamp(2 * pause_, kFirstPause, kLongestPause);
  next_try_ = Steady::now() + jittered(pause_);
}

void Client::follow(Steady::time_point deadline) {
  if (!has_sentinels()) return;
  const Result<Place> place = find_master(deadline);
  const bool same = [&] {
    const std::lock_guard lock(mutex_);
    return place && *place == master_;
  }();
  if (!same) distrust();
}

void Client::distrust() {
  const std::lock_guard lock(mutex_);
  idle_.clear();
  ++generation_;
}

Client::Lease::Lease(Client& client, Link link, std::uint64_t generation)
    : client_(&client), link_(std::move(link)), generation_(generation) {}

Client::Lease::Lease(Lease&& other) noexcept
    : client_(other.client_), link_(std::exchange(other.link_, std::nullopt)), generation_(other.generation_) {}

Client::Lease::~Lease() {
  if (!link_) return;
  try {
    client_->give_back(std::move(*link_), generation_);
  } catch (const std::exception&) {  // out of memory: then it is closed
  }
}

void Client::Lease::run(Script script, std::vector<std::string_view> words) {
  const std::string digest = [&] {
    const std::lock_guard lock(client_->mutex_);
    return client_->digests_[static_cast<std::size_t>(script)];
  }();
  words.insert(words.begin(), {"EVALSHA", digest, "0"});
  link_->add(words);
}

Result<std::vector<Reply>> Client::Lease::answers(Steady::time_point deadline) {
  std::vector<Reply> replies;
  TRY((*this)->exchange(deadline, replies));
  for (const Reply& reply : replies)
    if (reply.is(Reply::Kind::error)) return tl::unexpected(error_of(reply, (*this)->place()));
  return replies;
}

Result<void> Client::Lease::load(Steady::time_point deadline) {
  for (const std::string_view text : script_texts()) link_->add({"SCRIPT", "LOAD", text});
  std::vector<Reply> replies;
  return link_->exchange(deadline, replies);
}

Result<Reply> Client::run(Script script, const std::vector<std::string_view>& words) {
  const Steady::time_point until = deadline();
  Lease lease = TRY(borrow(until));
  for (bool taught = false;; taught = true) {
    lease.run(script, words);
    std::vector<Reply> replies;
    TRY(lease->exchange(until, replies));
    Reply& reply = replies.front();
    if (!reply.is(Reply::Kind::error)) return std::move(reply);
    if (reply.error_word() == "READONLY") distrust();
    if (taught || reply.error_word() != "NOSCRIPT") return tl::unexpected(error_of(reply, lease->place()));
    TRY(lease.load(until));
  }
}

}  // namespace maildrop::store::redis
