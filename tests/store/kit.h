/// kit.h: what the store's tests share: a folder that goes away, messages, and stores to try.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "store/backends.h"
#include "store/news.h"
#include "store/store.h"

namespace maildrop::store::test {

using namespace std::chrono_literals;

inline bool concerns(const News& news, const std::string& name) {
  const std::vector<NewsMark>& marks = news.marks();
  return news.of_all() || std::find(marks.begin(), marks.end(), news_mark(name)) != marks.end();
}

class Folder {
 public:
  Folder() {
    // In memory if possible: thousands of commits, and none of them has to outlive a power cut.
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    std::string name = (memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/maildrop-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline mail::Inbox inbox(std::string name) { return mail::Inbox::trusted(std::move(name)); }

inline Summary summary(Time now, std::string subject) {
  Summary s;
  s.id = MessageId::make(now);
  s.from = "sender@example.org";
  s.header_from = "S\xc3\xa9nder <sender@example.org>";
  s.subject = std::move(subject);
  s.helo = "client.example.org";
  s.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
  s.peer = "192.0.2.1";
  s.received = now;
  s.date = now - 5s;
  return s;
}

/// Text grows small when it is kept; this does not.
inline void fill_with_noise(std::string& data, std::size_t from) {
  std::uint64_t state = std::hash<std::string>{}(data);
  while (from < data.size()) {  // splitmix64, eight bytes at a time: gigabytes of it are wanted
    std::uint64_t bytes = state += 0x9E3779B97F4A7C15;
    bytes = (bytes ^ (bytes >> 30)) * 0xBF58476D1CE4E5B9;
    bytes = (bytes ^ (bytes >> 27)) * 0x94D049BB133111EB;
    bytes ^= bytes >> 31;
    const std::size_t some = std::min(sizeof bytes, data.size() - from);
    std::memcpy(data.data() + from, &bytes, some);
    from += some;
  }
}

/// A message for inboxes; `size` bytes of data that tell messages apart, and where many are asked for take as many.
inline Delivery delivery(Time now, const std::vector<std::string>& names, std::size_t size = 100) {
  Delivery d;
  d.summary = summary(now, "subject");
  d.data = "Id: " + d.summary.id.text() + "\r\n\r\n";
  const std::size_t head = d.data.size();
  d.data.resize(std::max(size, head), 'x');
  if (size > 1000) fill_with_noise(d.data, head);
  d.summary.size = d.data.size();
  for (const std::string& name : names) d.targets.push_back({inbox(name), name + "@example.test"});
  return d;
}

inline Result<MessageId> put_one(Store& store, const Delivery& d) {
  std::vector<Result<MessageId>> results = store.put({&d, 1});
  if (results.size() != 1) return fail(Code::internal, "not one result for one delivery");
  return results.front();
}

/// The ids that an inbox shows, newest first.
inline std::vector<std::string> shown(Inboxes& store, const std::string& name) {
  const auto list = store.list(inbox(name), {});
  if (!list) return {"error: " + list.error().what};
  std::vector<std::string> ids;
  for (const Summary& each : *list) ids.push_back(each.id.text());
  return ids;
}

/// Purges until there is nothing more; the messages removed.
inline std::size_t purge_all(Store& store) {
  std::size_t removed = 0;
  for (int i = 0; i < 10000; ++i) {
    const auto report = store.purge({});
    if (!report) return SIZE_MAX;
    removed += report->removed;
    if (!report->more) break;
  }
  return removed;
}

/// A Redis that all worlds share, with keys of its own for each (redis_kit.cc).
void share_redis(OpenOptions& options, int count);

/// A store to try, in a world of its own.
struct World {
  Folder folder;
  FakeClock clock;
  OpenOptions options;

  explicit World(const std::string& scheme) {
    static int count = 0;  // memory: stores of one name are one
    options.url = scheme + ":" + (scheme == "sqlite" ? folder.path("mail.db") : std::to_string(++count));
    if (scheme == "redis") share_redis(options, ++count);
    options.role = Role::writer;
    options.clock = &clock;
    options.settings.max_size = 64u << 20;
  }
  Result<std::unique_ptr<Store>> open(Role role = Role::writer) const {
    OpenOptions o = options;
    o.role = role;
    return open_store(o);
  }
};

}  // namespace maildrop::store::test
