/// feed_bench: how long after a commit another process hears of it. `feed_bench URL [EVENTS]`, an empty store; each
/// message is stored and, half of the time, removed again, some milliseconds apart. Prints milliseconds from the return
/// of put() or remove() to that of Feed::wait() in a process of its own.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "scale_parts.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::scale;

namespace {

constexpr std::size_t kMost = 10'000;

/// Of both processes; times are nanoseconds of the steady clock, which they have in common.
struct Shared {
  std::atomic<bool> listens{false};
  std::atomic<std::size_t> heard{0};
  std::atomic<std::int64_t> when[4 * kMost];  // a wait() ended
};

std::int64_t now() { return Steady::now().time_since_epoch().count(); }

OpenOptions options(const std::string& url, Role role, const Clock& clock) {
  OpenOptions made;
  made.url = url;
  made.role = role;
  made.clock = &clock;
  return made;
}

[[noreturn]] void listen(const std::string& url, Shared& shared) {
  const SystemClock clock;
  const auto feed = must(open_feed(options(url, Role::reader, clock)));
  shared.listens = true;
  for (;;) {
    if (!must(feed->wait(std::chrono::seconds(10)))) continue;
    const std::size_t at = shared.heard;
    if (at >= std::size(shared.when)) ::_exit(0);
    shared.when[at] = now();
    ++shared.heard;
  }
}

struct Event {
  std::int64_t begun, done;
};

/// The first that was heard since the event began. One that came before it was done is none too late.
double milliseconds_after(const Event& event, const Shared& shared, std::size_t& at) {
  while (at < shared.heard && shared.when[at] < event.begun) ++at;
  if (at == shared.heard) return 1e6;
  return std::max(0.0, static_cast<double>(shared.when[at] - event.done) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("feed_bench URL [EVENTS]\n", stderr), 64;
  const std::string url = argv[1];
  const std::size_t events = std::min(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 500, kMost);
  const SystemClock clock;
  const auto store = must(open_store(options(url, Role::writer, clock)));
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Shared& shared = *new (memory) Shared;
  const pid_t child = ::fork();
  if (child == 0) listen(url, shared);
  while (!shared.listens && ::waitpid(child, nullptr, WNOHANG) == 0) std::this_thread::sleep_for(milliseconds(1));

  Mails mails(3072);
  std::vector<Event> stored, removed;
  for (std::size_t i = 0; i < events; ++i) {
    const Delivery delivery = mails.make(i, 1, clock.now());
    std::this_thread::sleep_for(milliseconds(5 + mails.below(45)));
    std::int64_t begun = now();
    for (auto& result : store->put({&delivery, 1})) must(std::move(result));
    stored.push_back({begun, now()});
    if (i % 2 == 0) continue;
    std::this_thread::sleep_for(milliseconds(5 + mails.below(45)));
    begun = now();
    must(store->remove(delivery.targets.front().inbox, delivery.summary.id));
    removed.push_back({begun, now()});
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (const auto& [name, some] : {std::pair{"stored", &stored}, std::pair{"removed", &removed}}) {
    std::vector<double> waits;
    std::size_t at = 0;
    for (const Event& event : *some) waits.push_back(milliseconds_after(event, shared, at));
    const Spread found = spread(waits);
    std::printf("%-8s %5zu  ms p50 %.2f  p99 %.2f  max %.2f\n", name, waits.size(), found.p50, found.p99, found.most);
  }
}
