/// store_bench: what a durable delivery costs. Prints, for each size of message and batch, the CPU time and the rate.
/// And what an operation on its ledger costs, in microseconds that pass.
///   store_bench [URL [ledger]]    default: a new SQLite store in the working directory, removed afterwards; the ledger
///                                 alone
/// `cpu` is of the whole process, checkpoints included; `writer` is of the thread that commits.
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "store/backends.h"

using namespace maildrop;
using namespace maildrop::store;

namespace {

enum class Spread { distinct, one, thousand };

constexpr const char* kNames[] = {"distinct", "one", "thousand"};

struct Usage {
  double process, thread;
};

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

Usage usage() {
  rusage process{}, thread{};
  getrusage(RUSAGE_SELF, &process);
  getrusage(RUSAGE_THREAD, &thread);
  return {seconds(process.ru_utime) + seconds(process.ru_stime), seconds(thread.ru_utime) + seconds(thread.ru_stime)};
}

std::vector<Delivery> deliveries(std::size_t first, std::size_t n, std::size_t size, Spread inboxes, Time now) {
  std::vector<Delivery> made;
  made.reserve(n);
  for (std::size_t i = first; i < first + n; ++i) {
    Delivery& d = made.emplace_back();
    d.summary.id = MessageId::make(now);
    d.summary.from = "sender@example.test";
    d.summary.header_from = "Sender <sender@example.test>";
    d.summary.subject = "benchmark message";
    d.summary.helo = "client.example.test";
    d.summary.peer = "127.0.0.1";
    d.summary.received = now;
    d.summary.size = size;
    d.data.assign(size, 'x');
    std::string name = "inbox";
    if (inboxes == Spread::distinct) name = std::to_string(i) + name;
    if (inboxes == Spread::thousand) name += std::to_string(i * 7919 % 1000);
    d.targets.push_back({mail::Inbox::trusted(name), name + "@example.test"});
  }
  return made;
}

/// Delivers for about a second; false if anything was refused.
bool run(Store& store, std::size_t batch, std::size_t size, Spread inboxes, std::size_t& count) {
  const SystemClock clock;
  double cpu = 0, writer = 0, wall = 0;
  std::size_t done = 0;
  Monotonic tended = clock.monotonic();
  while (wall < 1.0) {
    const std::vector<Delivery> mails = deliveries(count, batch, size, inboxes, clock.now());
    count += batch;
    done += batch;
    const Usage before = usage();
    const Monotonic start = clock.monotonic();
    for (const auto& result : store.put(mails)) {
      if (!result) return std::fprintf(stderr, "refused: %s\n", result.error().what.c_str()), false;
    }
    if (start - tended > std::chrono::seconds(1)) {
      store.tend();
      tended = start;
    }
    wall += std::chrono::duration<double>(clock.monotonic() - start).count();
    const Usage after = usage();
    cpu += after.process - before.process;
    writer += after.thread - before.thread;
  }
  const double n = static_cast<double>(done);
  std::printf("%-9s %6zu %6zu %10.1f %12.1f %10.0f\n", kNames[static_cast<int>(inboxes)], size, batch, writer / n * 1e6,
              cpu / n * 1e6, n / wall);
  return true;
}

/// What each operation costs, of 10,000 keys; and a put of ever new keys into a ledger that is full, so that each
/// pushes out another: of one space, or of two in turn.
struct LedgerCase {
  const char* name;
  Operation operation;
  std::size_t floods = 0;  // spaces
};

/// For about half a second; microseconds for one.
bool run_case(Ledger& ledger, const Clock& clock, const LedgerCase& of, std::size_t batch_size, std::uint64_t& count) {
  constexpr std::size_t kKeys = 10'000;
  const Monotonic start = clock.monotonic();
  double wall = 0;
  std::size_t done = 0;
  for (; wall < 0.5; done += batch_size) {
    std::vector<Operation> batch(batch_size, of.operation);
    for (Operation& each : batch) {
      each.key = "key of somebody " + std::to_string(of.floods > 0 ? ++count : count++ * 7919 % kKeys);
      if (of.floods > 1) each.space += std::to_string(count % of.floods);
    }
    for (const auto& answer : ledger.run(batch))
      if (!answer) return std::fprintf(stderr, "refused: %s\n", answer.error().what.c_str()), false;
    wall = std::chrono::duration<double>(clock.monotonic() - start).count();
  }
  std::printf("%-9s %6zu %10.1f\n", of.name, batch_size, wall / static_cast<double>(done) * 1e6);
  return true;
}

bool run_ledger(const OpenOptions& options) {
  constexpr std::size_t kFull = 1000;
  auto ledger = open_ledger(options);
  if (!ledger) return std::fprintf(stderr, "%s\n", ledger.error().what.c_str()), false;
  const LedgerCase cases[] = {{"put", Operation::put("bench", "", std::chrono::hours(1))},
                              {"get", Operation::get("bench", "")},
                              {"add", Operation::add("bench-sums", "", 1, std::chrono::minutes(1))},
                              {"take", Operation::take("bench-rates", "", 1, {60, std::chrono::minutes(1), 1000})},
                              {"flood", Operation::put("bench-flood", "", std::chrono::hours(1)), 1},
                              {"floods", Operation::put("bench-flood", "", std::chrono::hours(1)), 2}};
  std::printf("%-9s %6s %10s\n", "ledger", "batch", "us");
  std::uint64_t count = 0;
  for (const LedgerCase& each : cases) {
    if (each.floods > 0) (*ledger)->set_limit(kFull);
    while (each.floods > 0 && (*ledger)->stats().records > kFull)
      if (!(*ledger)->run(Operation::put("bench", "", std::chrono::hours(1)))) return false;
    for (const std::size_t size : {1, 50})
      if (!run_case(**ledger, *options.clock, each, size, count)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const SystemClock clock;
  const std::string path = "store_bench.db";
  OpenOptions of_ledger;
  of_ledger.url = argc > 1 ? argv[1] : "sqlite:" + path;
  of_ledger.role = Role::writer;
  of_ledger.create_missing = true;
  of_ledger.clock = &clock;
  const bool ledger_is_good = run_ledger(of_ledger);
  for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + ".ledger" + end);
  if (argc > 2 || !ledger_is_good) return ledger_is_good ? 0 : 1;
  std::printf("%-9s %6s %6s %10s %12s %10s\n", "inboxes", "bytes", "batch", "writer us", "process us", "msgs/s");
  bool good = true;
  for (const Spread inboxes : {Spread::distinct, Spread::one, Spread::thousand}) {
    OpenOptions options;
    options.url = argc > 1 ? argv[1] : "sqlite:" + path;
    options.role = Role::writer;
    options.clock = &clock;
    options.settings.max_size = 64ull << 30;
    auto store = open_store(options);
    if (!store) return std::fprintf(stderr, "%s\n", store.error().what.c_str()), 1;
    std::size_t count = 0;
    for (const std::size_t size : {1024, 10240, 51200}) {
      for (const std::size_t batch : {1, 10, 50, 200}) good = good && run(**store, batch, size, inboxes, count);
    }
    store->reset();
    for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + end);
  }
  return good ? 0 : 1;
}
