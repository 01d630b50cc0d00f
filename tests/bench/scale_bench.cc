/// scale_bench: what a store costs when it is empty, and when it is full. Prints one line a figure, with the ratio.
///   scale_bench URL [--messages N] [--inboxes N] [--size BYTES] [--connections N] [--seconds N] [--base N]
/// URL: a store without messages; afterwards the bench's are in it. Of a Redis: the server's own, no sentinels.
/// With --base not the empty store is the measure but one that holds so many in full inboxes: what a delivery costs
/// that pushes another out, as most do, without what the size adds. `written` is what the process gave to disks.
/// At the end a tenth of the messages expires at once: deliveries with that and without.
#include <getopt.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "scale_parts.h"
#include "store/committer.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::scale;

namespace {

constexpr std::size_t kFillBatch = 1000;
constexpr double kExpiryMost = 600;  // seconds

/// Senders that each push their next delivery when the last was answered, as long as `more`. This thread makes them
/// all, as a loop of the daemon would.
template <class More>
Load deliver(Store& store, const Setup& setup, Mails& mails, Range inboxes, std::size_t sources, More more) {
  struct Answer {
    std::size_t sender;
    Monotonic at;
    bool stored;
  };
  const SystemClock clock;
  std::mutex mutex;
  std::condition_variable came;
  std::vector<Answer> answers, at_hand;
  std::vector<Monotonic> sent(setup.connections);
  std::vector<double> waits;
  Load load;
  metrics::Registry registry;
  Committer committer(store, StoreSettings{}, registry);
  const auto send = [&](std::size_t sender) {
    Delivery delivery = mails.make(mails.in(inboxes), sources, clock.now());
    sent[sender] = Steady::now();
    committer.push(std::move(delivery), [&, sender](const Result<MessageId>& result) {
      const std::lock_guard lock(mutex);
      answers.push_back({sender, Steady::now(), result.has_value()});
      came.notify_one();
    });
  };
  const double cpu = cpu_seconds(), written = bytes_written(), server = Server::at(setup.url).cpu;
  const Monotonic start = Steady::now();
  for (std::size_t i = 0; i < setup.connections; ++i) send(i);
  for (std::size_t active = setup.connections; active > 0;) {
    {
      std::unique_lock lock(mutex);
      came.wait(lock, [&] { return !answers.empty(); });
      at_hand.swap(answers);
    }
    for (const Answer& answer : at_hand) {
      waits.push_back(std::chrono::duration<double>(answer.at - sent[answer.sender]).count());
      if (!answer.stored) ++load.refused;
      if (more(since(start))) {
        send(answer.sender);
      } else {
        --active;
      }
    }
    at_hand.clear();
  }
  const double n = static_cast<double>(waits.size()) - load.refused;
  load.rate = n / since(start);
  load.cpu = (cpu_seconds() - cpu) / n;
  load.written = (bytes_written() - written) / n;
  load.server_cpu = (Server::at(setup.url).cpu - server) / n;
  load.wait = spread(waits);
  return load;
}

/// REQUIRES: no other threads, so no store is open.
template <class Work>
pid_t start_child(Work work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  work();
  ::_exit(0);
}

/// Another process that lists and gets as fast as it can, in two runs. Made before the store is opened.
class Reader {
 public:
  struct Run {
    Spread list, get;
    double rate = 0;

    void add_to(Column& column, const std::string& name) const {
      column.emplace_back(name + ": reads/s", rate);
      column.emplace_back("  list p50, us", list.p50 * 1e6);
      column.emplace_back("  list p99, us", list.p99 * 1e6);
      column.emplace_back("  get p50, us", get.p50 * 1e6);
      column.emplace_back("  get p99, us", get.p99 * 1e6);
    }
  };

  Reader(const Setup& setup, Range inboxes) {
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::exit(1);
    shared_ = new (memory) Shared;
    child_ = start_child([&, shared = shared_] {
      for (int i = 0; i < 2; ++i) {
        while (shared->turn < 2 * i + 1) std::this_thread::sleep_for(milliseconds(1));
        shared->runs[i] = read(setup, inboxes, [&] { return shared->turn < 2 * i + 2; });
      }
    });
  }
  ~Reader() { ::munmap(shared_, sizeof(Shared)); }
  Reader(const Reader&) = delete;

  /// Begins a run, or ends it.
  void turn() { ++shared_->turn; }
  std::pair<Run, Run> runs() {
    int status = 0;
    if (::waitpid(child_, &status, 0) != child_ || status != 0) std::exit(1);
    return {shared_->runs[0], shared_->runs[1]};
  }

 private:
  struct Shared {
    std::atomic<int> turn{0};
    Run runs[2];
  };

  template <class More>
  static Run read(const Setup& setup, Range inboxes, More more) {
    const SystemClock clock;
    const auto store = open(setup, Role::reader, clock);
    Mails random(0);
    std::vector<double> lists, gets;
    const Monotonic start = Steady::now();
    while (more()) {
      const mail::Inbox inbox = Mails::inbox(random.in(inboxes));
      const Monotonic before = Steady::now();
      const std::vector<Summary> listed = must(store->list(inbox, {}));
      lists.push_back(since(before));
      if (listed.empty()) continue;
      const MessageId& id = listed[random.below(listed.size())].id;
      const Monotonic between = Steady::now();
      const Result<Message> message = store->get(inbox, id);
      gets.push_back(since(between));
      if (!message && message.error().code != Code::not_found) must(message);  // pushed out meanwhile, it may be
    }
    const double reads = static_cast<double>(lists.size() + gets.size());
    return {spread(lists), spread(gets), reads / since(start)};
  }

  Shared* shared_;
  pid_t child_;
};

/// Milliseconds.
double start_time(const Setup& setup) {
  const SystemClock clock;
  const Monotonic start = Steady::now();
  const auto store = open(setup, Role::writer, clock);
  must(store->ready());
  return since(start) * 1e3;
}

/// A writer that is killed while it delivers.
void kill_writer(const Setup& setup, Mails& mails, Range inboxes) {
  const pid_t child = start_child([&] {
    const SystemClock clock;
    const auto store = open(setup, Role::writer, clock);
    for (;;) {
      std::vector<Delivery> batch;
      while (batch.size() < 50) batch.push_back(mails.make(mails.in(inboxes), kSources, clock.now()));
      for (auto& result : store->put(batch)) must(std::move(result));
    }
  });
  std::this_thread::sleep_for(std::chrono::seconds(2));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

Column measure(const Setup& setup, Mails& mails, Range inboxes) {
  Column column;
  const bool has_server = Server::is_at(setup.url);
  const auto load = [&](Store& store, std::size_t sources, double seconds) {
    return deliver(store, setup, mails, inboxes, sources, [&](double s) { return s < seconds; });
  };
  const double seconds = static_cast<double>(setup.seconds);
  const double opened = start_time(setup);
  Reader reader(setup, inboxes);
  const SystemClock clock;
  StoreStats stats;
  {
    const auto store = open(setup, Role::writer, clock);
    column.emplace_back("messages before", must(store->stats()).messages);
    column.emplace_back("opened until ready, ms", opened);
    load(*store, kSources, seconds / 5);  // so that the first to be counted finds caches as warm as the next
    load(*store, 1, seconds).add_to(column, "1 source", has_server);
    load(*store, kSources, seconds).add_to(column, std::to_string(kSources) + " sources", has_server);
    reader.turn();
    const Load beside = load(*store, kSources, seconds);
    reader.turn();
    reader.turn();
    std::this_thread::sleep_for(std::chrono::seconds(setup.seconds));
    reader.turn();
    const auto [loaded, alone] = reader.runs();
    beside.add_to(column, "beside a reader", has_server);
    loaded.add_to(column, "reader beside it");
    alone.add_to(column, "reader alone");
    stats = must(store->stats());
  }
  const Server server = Server::at(setup.url);
  const double bytes = has_server ? server.memory : static_cast<double>(stats.bytes);
  column.emplace_back("messages after", stats.messages);
  column.emplace_back("size as the store counts, MB", static_cast<double>(stats.bytes) / 1e6);
  if (has_server) {
    column.emplace_back("  used_memory, MB", server.memory / 1e6);
    column.emplace_back("  used_memory_rss, MB", server.resident / 1e6);
    column.emplace_back("  append-only file, MB", server.log / 1e6);
  } else {
    column.emplace_back("  of it WAL, MB", static_cast<double>(stats.wal_bytes) / 1e6);
  }
  column.emplace_back("bytes a message", bytes / static_cast<double>(stats.messages));
  kill_writer(setup, mails, inboxes);
  column.emplace_back("opened after kill -9 until ready, ms", start_time(setup));
  return column;
}

/// Messages a second. Round by round, so that the messages of an inbox lie as far apart as they do when they come.
/// Returns when a Redis has rewritten its file, which would count in the figures.
double fill(const Setup& setup, Mails& mails, Range old, Range young) {
  LateClock clock;
  const auto store = open(setup, Role::writer, clock, std::chrono::seconds(30));
  const Monotonic start = Steady::now();
  Monotonic tended = start;
  for (std::size_t round = 0; round < setup.cap(); ++round) {
    for (const auto& [part, age] : {std::pair{old, kOld}, std::pair{young, hours(0)}}) {
      clock.shift = -age;
      for (std::size_t i = 0; i < part.count;) {
        std::vector<Delivery> batch;
        for (; i < part.count && batch.size() < kFillBatch; ++i)
          batch.push_back(mails.make(part.first + i, kSources, clock.now()));
        for (auto& result : store->put(batch)) must(std::move(result));
        if (since(tended) < 1) continue;
        store->tend();
        tended = Steady::now();
      }
    }
  }
  const double rate = static_cast<double>(setup.cap() * (old.count + young.count)) / since(start);
  while (Server::at(setup.url).rewriting > 0) std::this_thread::sleep_for(milliseconds(100));
  return rate;
}

void measure_expiry(const Setup& setup, Mails& mails) {
  const SystemClock clock;
  const bool has_server = Server::is_at(setup.url);
  const auto store = open(setup, Role::writer, clock);
  Watched watched(*store);
  const std::size_t expired = setup.old().count * setup.cap();
  double took = 0;
  const auto load = [&](auto more) { return deliver(watched, setup, mails, setup.young(), kSources, more); };
  const Load before = load([&](double s) { return s < static_cast<double>(setup.seconds); });
  InboxSettings lowered;
  lowered.max_messages = static_cast<unsigned>(setup.cap());
  lowered.max_age = kLowered;
  store->apply(lowered);
  const Load during = load([&](double s) { return took = s, watched.removed < expired && s < kExpiryMost; });
  Column left, right;
  before.add_to(left, "deliveries beside it", has_server);
  during.add_to(right, "deliveries beside it", has_server);
  const Spread step = spread(watched.steps);
  std::printf("\nexpiry: %zu of %zu messages in %.1f s, %zu steps: p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
              watched.removed.load(), expired, took, watched.steps.size(), step.p50 * 1e3, step.p99 * 1e3,
              step.most * 1e3);
  print("without", "with", left, right);
}

Setup parsed(int argc, char** argv) {
  Setup setup;
  std::size_t* const numbers[] = {&setup.messages,    &setup.inboxes, &setup.size,
                                  &setup.connections, &setup.seconds, &setup.base};
  const option options[] = {{"messages", 1, nullptr, 0},
                            {"inboxes", 1, nullptr, 1},
                            {"size", 1, nullptr, 2},
                            {"connections", 1, nullptr, 3},
                            {"seconds", 1, nullptr, 4},
                            {"base", 1, nullptr, 5},
                            {}};
  for (int which = 0; (which = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    if (which == '?') std::exit(64);
    *numbers[which] = std::strtoull(optarg, nullptr, 10);
  }
  if (optind + 1 != argc || setup.inboxes < 10 || setup.connections == 0) {
    std::fprintf(
        stderr,
        "scale_bench URL [--messages N] [--inboxes N] [--size BYTES] [--connections N] [--seconds N] [--base N]\n");
    std::exit(64);
  }
  setup.url = argv[optind];
  return setup;
}

}  // namespace

int main(int argc, char** argv) {
  const Setup setup = parsed(argc, argv);
  const SystemClock clock;
  if (const auto store = open(setup, Role::writer, clock); must(store->stats()).messages != 0)
    must<void>(fail(Code::invalid, "'" + setup.url + "' holds messages already"));
  Mails mails(setup.size);
  const Range few{setup.young().first, std::min(setup.base / setup.cap(), setup.young().count)};
  if (few.count > 0) fill(setup, mails, {}, few);
  const Column before = measure(setup, mails, few.count > 0 ? few : setup.young());
  std::fprintf(stderr, "filled with %.0f messages/s\n", fill(setup, mails, setup.old(), setup.young()));
  const Column after = measure(setup, mails, setup.young());
  print(few.count > 0 ? "base" : "empty", "filled", before, after);
  measure_expiry(setup, mails);
}
