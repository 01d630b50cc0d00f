/// scale_parts.h: the mail of scale_bench, where it goes, and what is measured beside the bench itself.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cpu.h"
#include "store/backends.h"
#include "store/redis_link.h"
#include "store/redis_target.h"

namespace maildrop::store::scale {

using std::chrono::hours;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// A tenth of the inboxes last received long ago. They stay until inbox.max_age is lowered, and then expire at once.
inline constexpr hours kMaxAge{7 * 24}, kOld{6 * 24}, kLowered{24};
inline constexpr std::size_t kSources = 100'000;  // IPv4 /24 networks

struct Range {
  std::size_t first = 0, count = 0;
};

struct Setup {
  std::string url;
  std::size_t messages = 1'000'000, inboxes = 100'000, size = 3072, connections = 50, seconds = 10, base = 0;

  std::size_t cap() const { return std::max<std::size_t>(messages / inboxes, 1); }
  Range old() const { return {0, inboxes / 10}; }
  Range young() const { return {old().count, inboxes - old().count}; }
};

template <class T>
T must(Result<T> result) {
  if (result) return detail::take(std::move(result));
  std::fprintf(stderr, "scale_bench: %s\n", result.error().what.c_str());
  std::exit(1);
}

inline double since(Monotonic start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

inline double cpu_seconds() { return bench::cpu_seconds(RUSAGE_SELF); }

/// Bytes that this process has made the system write to disks.
inline double bytes_written() {
  std::ifstream io("/proc/self/io");
  for (std::string name; io >> name;) {
    double value = 0;
    io >> value;
    if (name == "write_bytes:") return value;
  }
  return 0;
}

struct Spread {
  double p50 = 0, p99 = 0, most = 0;
};

inline Spread spread(std::vector<double>& values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values[values.size() * 99 / 100], values.back()};
}

using Column = std::vector<std::pair<std::string, double>>;

inline void print(const char* left, const char* right, const Column& before, const Column& after) {
  const auto digits = [](double value) { return value >= 100 || value == 0 ? 0 : value >= 10 ? 1 : 2; };
  std::printf("%-36s %10s %10s %7s\n", "", left, right, "ratio");
  for (std::size_t i = 0; i < after.size(); ++i) {
    const double was = before[i].second, is = after[i].second;
    std::printf("%-36s %10.*f %10.*f", after[i].first.c_str(), digits(was), was, digits(is), is);
    if (was > 0) std::printf(" %7.2f", is / was);
    std::printf("\n");
  }
}

/// Moves by hand, so that mail can be old when it comes.
class LateClock final : public Clock {
 public:
  Time now() const override { return clock_.now() + shift; }
  Monotonic monotonic() const override { return clock_.monotonic(); }
  milliseconds shift{0};

 private:
  SystemClock clock_;
};

class Mails {
 public:
  explicit Mails(std::size_t size) : size_(size), text_(size + (1 << 20), ' ') {
    for (char& c : text_) c = "abcdefghijklmnopqrstuvwxyz     \n"[below(32)];
  }

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::size_t in(Range range) { return range.first + below(range.count); }

  /// Spread over the tree of names, whatever the order of the numbers.
  static mail::Inbox inbox(std::size_t number) {
    return mail::Inbox::trusted("box" + std::to_string(static_cast<std::uint32_t>(number * 2654435761u)));
  }

  Delivery make(std::size_t inbox_number, std::size_t sources, Time now) {
    const std::size_t source = below(sources);
    Delivery d;
    d.summary.id = MessageId::make(now);
    d.summary.from = "sender@example.test";
    d.summary.header_from = "Sender <sender@example.test>";
    d.summary.subject = "benchmark message";
    d.summary.helo = "client.example.test";
    d.summary.peer = std::to_string(1 + (source >> 16)) + '.' + std::to_string(source >> 8 & 255) + '.' +
                     std::to_string(source & 255) + ".1";
    d.summary.received = now;
    d.summary.size = size_;
    d.data = text_.substr(below(text_.size() - size_), size_);
    const mail::Inbox to = inbox(inbox_number);
    d.targets.push_back({to, to.name() + "@example.test"});
    return d;
  }

 private:
  std::mt19937_64 random_{1};
  const std::size_t size_;
  std::string text_;
};

/// What a Redis says of itself; of other stores all is 0.
struct Server {
  double cpu = 0, memory = 0, resident = 0, log = 0, rewriting = 0;

  static bool is_at(const std::string& url) { return url.rfind("redis", 0) == 0; }
  static Server at(const std::string& url) {
    if (!is_at(url)) return {};
    const redis::Target target = must(redis::parse_target(url));
    const Monotonic deadline = Steady::now() + std::chrono::seconds(10);
    redis::Link link = must(redis::Link::open(target.places.front(), {}, deadline));
    const std::string info = must(link.ask({"INFO"}, deadline)).text;
    const auto field = [&](const std::string& name) {
      const std::size_t at = info.find("\n" + name + ":");
      return at == std::string::npos ? 0 : std::strtod(info.c_str() + at + name.size() + 2, nullptr);
    };
    return {field("used_cpu_sys") + field("used_cpu_user"), field("used_memory"), field("used_memory_rss"),
            field("aof_current_size"), field("aof_rewrite_in_progress")};
  }
};

inline std::unique_ptr<Store> open(const Setup& setup, Role role, const Clock& clock, milliseconds patience) {
  OpenOptions options;
  options.url = setup.url;
  options.role = role;
  options.clock = &clock;
  options.settings.max_size = 64ull << 30;
  options.redis.timeout = patience;
  options.inbox.max_messages = static_cast<unsigned>(setup.cap());
  options.inbox.max_age = kMaxAge;
  return must(open_store(options));
}

inline std::unique_ptr<Store> open(const Setup& setup, Role role, const Clock& clock) {
  return open(setup, role, clock, RedisSettings{}.timeout);
}

/// Counts what goes by purge().
class Watched final : public Store {
 public:
  explicit Watched(Store& store) : store_(store) {}
  Result<std::vector<Summary>> list(const mail::Inbox& i, const Query& q) override { return store_.list(i, q); }
  Result<Message> get(const mail::Inbox& i, const MessageId& id) override { return store_.get(i, id); }
  Result<bool> remove(const mail::Inbox& i, const MessageId& id) override { return store_.remove(i, id); }
  std::vector<Result<MessageId>> put(std::span<const Delivery> d) override { return store_.put(d); }
  Result<StoreStats> stats() override { return store_.stats(); }
  Result<void> ready() override { return store_.ready(); }
  void tend() override { store_.tend(); }
  void apply(const InboxSettings& settings) override { store_.apply(settings); }
  Result<PurgeReport> purge(const PurgeQuery& query) override {
    const Monotonic start = Steady::now();
    Result<PurgeReport> report = store_.purge(query);
    if (report && report->removed > 0) steps.push_back(since(start));
    if (report) removed += report->removed;
    return report;
  }

  std::vector<double> steps;  // seconds
  std::atomic<std::size_t> removed{0};

 private:
  Store& store_;
};

struct Load {
  double rate = 0, cpu = 0, server_cpu = 0, written = 0, refused = 0;
  Spread wait;

  void add_to(Column& column, const std::string& name, bool has_server) const {
    column.emplace_back(name + ": deliveries/s", rate);
    column.emplace_back("  CPU, us each", cpu * 1e6);
    if (has_server) {
      column.emplace_back("  CPU of the server, us each", server_cpu * 1e6);
    } else {
      column.emplace_back("  written, KB each", written / 1e3);
    }
    column.emplace_back("  wait p50, ms", wait.p50 * 1e3);
    column.emplace_back("  wait p99, ms", wait.p99 * 1e3);
    column.emplace_back("  wait max, ms", wait.most * 1e3);
    column.emplace_back("  refused", refused);
  }
};

}  // namespace maildrop::store::scale
