/// redis_scan.cc: names by the dozen, then their lists in one exchange.
#include "store/redis_scan.h"

#include <algorithm>
#include <charconv>

#include "store/packed_summary.h"

namespace maildrop::store::redis {

namespace {

constexpr std::size_t kNames = 64;    // asked for at once; Redis gives a few more, or all of a small store
constexpr std::size_t kEntries = 16;  // of an inbox, with many others in one exchange: most have no more
constexpr std::string_view kTrashStep = "200";
constexpr std::size_t kPerInbox = 3;  // replies

class Page {
 public:
  Page(Client& client, ScanCursor cursor, Time now, const Caps& caps)
      : client_(client), at_(std::move(cursor)), floor_(to_millis(now - caps.age)), caps_(caps) {}

  Result<void> read(std::size_t messages) {
    while (!at_.done() && found_.size() < messages) {
      if (at_.inboxes.empty()) {
        TRY(names());
      } else {
        TRY(inboxes(std::clamp<std::size_t>((messages - found_.size()) / kEntries, 1, kNames)));
      }
    }
    return {};
  }

  ScanCursor cursor() { return std::move(at_); }
  std::vector<Found> found() { return std::move(found_); }

 private:
  Result<void> names() {
    const Steady::time_point deadline = client_.deadline();
    Client::Lease lease = TRY(client_.borrow(deadline));
    lease->add({"ZSCAN", prefix() + "last", std::to_string(at_.next), "COUNT", std::to_string(kNames)});
    std::vector<Reply> replies = TRY(lease.answers(deadline));
    std::vector<Reply>& parts = replies.front().list;
    if (parts.size() != 2) return fail(Code::internal, "redis: no names");
    const std::string& next = parts[0].text;
    if (std::from_chars(next.data(), next.data() + next.size(), at_.next).ec != std::errc())
      return fail(Code::internal, "redis: no cursor");
    at_.named = at_.next == 0;
    std::vector<Reply>& pairs = parts[1].list;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) at_.inboxes.push_back(std::move(pairs[i].text));
    return {};
  }

  /// The next `many` names; where one has more than kEntries, it is read again, alone and whole.
  Result<void> inboxes(std::size_t many) {
    many = std::min(many, at_.inboxes.size());
    const std::size_t length = many == 1 ? 0 : kEntries;
    std::vector<Reply> replies = TRY(ask(many, length));
    for (std::size_t i = 0; i < many; ++i) {
      const Reply* of = &replies[i * kPerInbox];
      if (length != 0 && of[1].number > static_cast<std::int64_t>(length)) return i == 0 ? inboxes(1) : Result<void>();
      const std::int64_t last = of[0].is(Reply::Kind::text) ? of[0].as_number() : floor_ + 1;
      add(at_.inboxes.back(), last, of[2].list);
      at_.inboxes.pop_back();
    }
    return {};
  }

  /// When each last received, how many it has, and the newest `length` of them (0: all).
  Result<std::vector<Reply>> ask(std::size_t many, std::size_t length) {
    const Steady::time_point deadline = client_.deadline();
    Client::Lease lease = TRY(client_.borrow(deadline));
    const std::string last = std::to_string(static_cast<std::int64_t>(length) - 1);
    for (std::size_t i = 0; i < many; ++i) {
      const std::string& name = at_.inboxes[at_.inboxes.size() - 1 - i];
      const std::string list = prefix() + "{" + name + "}";
      lease->add({"ZSCORE", prefix() + "last", name});
      lease->add({"LLEN", list});
      lease->add({"LRANGE", list, "0", last});
    }
    return lease.answers(deadline);
  }

  void add(const std::string& name, std::int64_t last, const std::vector<Reply>& list) {
    Quota quota(caps_.messages, caps_.bytes, last <= floor_);
    for (const Reply& entry : list) {
      const std::string_view text = entry.text;
      const std::string_view id = text.substr(0, kId), bytes = text.substr(id.size());
      Result<Summary> summary = unpack(id, bytes);
      const bool damaged = !summary;
      if (damaged) {
        summary.emplace();
        summary->id = MessageId::trusted(std::string(id));
        summary->received = from_millis(last);
      }
      const bool over = quota.exceeded_by(summary->size);
      Spot spot{mail::Inbox::trusted(name), summary->id, std::string(bytes)};
      found_.push_back({std::move(spot), std::move(*summary), over, from_millis(last), damaged});
    }
  }

  const std::string& prefix() const { return client_.settings().prefix; }

  Client& client_;
  ScanCursor at_;
  const std::int64_t floor_;
  const Caps caps_;
  std::vector<Found> found_;
};

}  // namespace

Result<std::vector<Found>> scan(Client& client, ScanCursor& cursor, std::size_t messages, Time now, const Caps& caps) {
  Page page(client, cursor, now, caps);
  TRY(page.read(messages));
  cursor = page.cursor();
  return page.found();
}

Result<std::size_t> take(Client& client, std::span<const Spot> spots) {
  std::vector<std::string> entries;
  entries.reserve(spots.size());
  for (const Spot& spot : spots) entries.push_back(spot.id.text() + spot.key);
  std::vector<std::string_view> words{client.settings().prefix};
  for (std::size_t i = 0; i < spots.size(); ++i) {
    words.emplace_back(spots[i].inbox.name());
    words.emplace_back(entries[i]);
  }
  const Reply reply = TRY(client.run(Script::take, words));
  return static_cast<std::size_t>(std::max<std::int64_t>(reply.number, 0));
}

Result<bool> empty_trash(Client& client) {
  for (bool more = true; more;) {
    const Reply reply = TRY(client.run(Script::purge, {client.settings().prefix, "-inf", kTrashStep}));
    if (reply.list.size() != 3) return fail(Code::internal, "redis: no report");
    more = reply.list[1].number == 1;
  }
  return true;
}

}  // namespace maildrop::store::redis
