/// redis_room.cc: the walk.
#include "store/redis_room.h"

#include <algorithm>

#include "store/packed_summary.h"

namespace maildrop::store::redis {

namespace {

constexpr std::size_t kInboxes = 64;            // looked at in one step, at most
constexpr std::size_t kMostEntries = 2048;      // that those may have together
constexpr std::uint64_t kStepBytes = 4u << 20;  // removed in one step
constexpr std::size_t kIdleStep = 32;           // messages, whose bytes are known afterwards
constexpr std::chrono::minutes kWalkEvery{1};   // where nothing was old enough
constexpr std::chrono::seconds kRest{1};        // where something was

}  // namespace

bool Room::must_yield(std::uint64_t held, std::uint64_t freed) const {
  return store::must_yield(held - std::min(held, freed), free_ + freed, capacity_);
}

Result<void> Room::step(std::uint64_t used, std::size_t most, Time now, const Caps& caps, PurgeReport& report) {
  free_ = capacity_ - std::min(capacity_, used);
  if (!must_yield(used)) return {};  // whoever holds it
  const Large sources = TRY(large());
  const Time old = now - caps.min_age;
  if (!sources.must.empty() && now >= next_walk_) {
    inboxes_ = std::clamp<std::size_t>(kMostEntries / caps.messages, 1, kInboxes);
    TRY(walk(sources, most, old, report));
    if (position_ < 0) next_walk_ = evicted_ == 0 ? now + kWalkEvery : now + kRest;
    return {};
  }
  if (!must_yield(0) || !small_ones_yield(sources.bytes, used)) return {};
  return expire_longest(most, old, report);
}

Result<Room::Large> Room::large() {
  const Steady::time_point deadline = client_.deadline();
  Client::Lease lease = TRY(client_.borrow(deadline));
  lease->add({"ZREVRANGE", client_.settings().prefix + "sources", "0", std::to_string(kAsked - 1), "WITHSCORES"});
  const std::vector<Reply> replies = TRY(lease.answers(deadline));
  const std::vector<Reply>& pairs = replies.front().list;
  Large found;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const auto held = static_cast<std::uint64_t>(std::max<std::int64_t>(pairs[i + 1].as_number(), 0));
    if (held < capacity_ / kLarge) break;
    found.bytes += held;
    if (must_yield(held)) found.must.emplace(pairs[i].text, held);
  }
  return found;
}

Result<void> Room::walk(const Large& large, std::size_t most, Time old, PurgeReport& report) {
  report.more = true;
  const std::vector<Inbox> inboxes = TRY(next_inboxes());
  const std::string& prefix = client_.settings().prefix;
  std::vector<std::string> victims;  // name and entry
  std::size_t seen = 0;              // inboxes, to their end
  {
    const Steady::time_point deadline = client_.deadline();
    Client::Lease lease = TRY(client_.borrow(deadline));
    for (const Inbox& inbox : inboxes) lease->add({"LRANGE", prefix + "{" + inbox.name + "}", "0", "-1"});
    const std::vector<Reply> lists = inboxes.empty() ? std::vector<Reply>() : TRY(lease.answers(deadline));
    std::unordered_map<std::string, std::uint64_t> freed_of;
    std::uint64_t freed = 0;
    bool enough = false;
    for (; seen < lists.size() && !enough; seen += !enough) {
      const std::vector<Reply>& list = lists[seen].list;
      for (auto entry = list.rbegin(); entry != list.rend() && !enough; ++entry) {
        const std::string_view text = entry->text;
        const auto summary = unpack(text.substr(0, kId), text.substr(std::min(text.size(), kId)));
        if (!summary || summary->received > old) continue;
        std::string source = to_string(source_of(summary->peer));
        const auto holder = large.must.find(source);
        if (holder == large.must.end()) continue;
        enough = freed >= kStepBytes || victims.size() >= 2 * most ||
                 !must_yield(holder->second - std::min(holder->second, freed_of[source]), freed);
        if (enough) continue;
        freed_of[source] += summary->size;
        freed += summary->size;
        victims.push_back(inboxes[seen].name);
        victims.emplace_back(text);
        report.source = std::move(source);
      }
    }
  }
  come_to(inboxes, seen, !victims.empty());
  if (victims.empty()) return {};
  std::vector<std::string_view> words{prefix};
  words.insert(words.end(), victims.begin(), victims.end());
  const Reply reply = TRY(client_.run(Script::evict, words));
  const auto evicted = static_cast<std::size_t>(std::max<std::int64_t>(reply.number, 0));
  report.evicted += evicted;
  evicted_ += evicted;
  return {};
}

Result<std::vector<Room::Inbox>> Room::next_inboxes() {
  if (position_ < 0) evicted_ = passed_ = 0;
  const Steady::time_point deadline = client_.deadline();
  Client::Lease lease = TRY(client_.borrow(deadline));
  lease->add({"ZRANGEBYSCORE", client_.settings().prefix + "last", std::to_string(position_), "+inf", "WITHSCORES",
              "LIMIT", std::to_string(passed_), std::to_string(inboxes_)});
  std::vector<Reply> replies = TRY(lease.answers(deadline));
  std::vector<Reply>& pairs = replies.front().list;
  std::vector<Inbox> found;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
    found.push_back({std::move(pairs[i].text), pairs[i + 1].as_number()});
  return found;
}

/// Behind the first `seen`. Where some of them may be gone (`again`) those of the last moment come once more, as nobody
/// knows how many are left of it.
void Room::come_to(const std::vector<Inbox>& inboxes, std::size_t seen, bool again) {
  if (seen == inboxes.size() && seen < inboxes_) {
    position_ = -1;
  } else if (again) {
    position_ = inboxes[std::min(seen, inboxes.size() - 1)].last;
    passed_ = 0;
  } else {
    const std::int64_t last = inboxes.back().last;
    if (last != position_) passed_ = 0;
    position_ = last;
    passed_ += static_cast<std::size_t>(
        std::count_if(inboxes.begin(), inboxes.end(), [&](const Inbox& inbox) { return inbox.last == last; }));
  }
}

Result<void> Room::expire_longest(std::size_t most, Time old, PurgeReport& report) {
  const std::string floor = std::to_string(to_millis(old));
  const std::string some = std::to_string(std::min(most, kIdleStep));
  const Reply reply = TRY(client_.run(Script::purge, {client_.settings().prefix, floor, some}));
  if (reply.list.size() != 3) return fail(Code::internal, "redis: no report");
  report.evicted += static_cast<std::size_t>(reply.list[0].number);
  free_ = capacity_ - std::min(capacity_, static_cast<std::uint64_t>(reply.list[2].as_number()));
  report.more = reply.list[1].number == 1 && must_yield(0);
  return {};
}

}  // namespace maildrop::store::redis
