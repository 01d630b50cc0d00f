/// dns_bench.cc: what a cached answer costs, an uncached one from a server on loopback, and what lookups hold that wait
/// for a server that says nothing.
///
///     dns_bench [CACHED [UNCACHED [WAITING]]]     questions: 1,000,000, 20,000 and 4,000
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "cpu.h"
#include "dns/kit.h"
#include "dns/unbound_resolver.h"

using namespace maildrop;
using namespace maildrop::dns;

namespace {

using bench::cpu_seconds;

using Steady = std::chrono::steady_clock;

std::size_t resident_kb() {
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line))
    if (line.starts_with("VmRSS:")) return std::strtoul(line.c_str() + 6, nullptr, 10);
  return 0;
}

Question question(std::size_t i) { return *Question::make("n" + std::to_string(i) + ".example", Type::a); }

struct Bench {
  boost::asio::io_context loop;
  metrics::Registry registry;
  std::unique_ptr<Resolver> resolver;

  explicit Bench(const DnsSettings& settings) : resolver(make_unbound_resolver(loop, settings, 1, registry)) {}

  /// Asks `count` of `names` different questions, `at_once` of them at a time; how many were answered at once.
  std::size_t ask(std::size_t count, std::size_t names, std::size_t at_once) {
    std::vector<Lookup> lookups(at_once);
    std::size_t known = 0, missing = 0;
    for (std::size_t i = 0; i < count; ++i) {
      lookups[i % at_once] = resolver->ask(question(i % names), IpAddress(), [&](const Answer&) { --missing; });
      if (lookups[i % at_once].answer()) {
        ++known;
      } else {
        ++missing;
      }
      while (missing > 0 && (i + 1) % at_once == 0) loop.run_one();
    }
    while (missing > 0) loop.run_one();
    return known;
  }
};

/// First of all, while no memory is there from other questions.
void measure_waiting(const DnsSettings& settings, std::size_t waiting) {
  Bench bench(settings);
  const std::size_t before = resident_kb();
  std::vector<Lookup> lookups;
  for (std::size_t i = 0; i < waiting; ++i)
    lookups.push_back(bench.resolver->ask(question(i), IpAddress(), [](const Answer&) {}));
  for (const auto end = Steady::now() + std::chrono::seconds(1); Steady::now() < end;)
    bench.loop.run_one_for(std::chrono::milliseconds(50));
  const auto held = static_cast<double>(resident_kb() - before);
  std::printf("waiting    %9zu questions  %8.1f KB each  %14.1f MB\n", waiting, held / static_cast<double>(waiting),
              held / 1024);
}

void measure_answers(const DnsSettings& settings, std::size_t cached, std::size_t uncached) {
  Bench bench(settings);
  const auto measure = [&](const char* what, std::size_t count, std::size_t names, std::size_t at_once) {
    const double cpu = cpu_seconds();
    const Steady::time_point start = Steady::now();
    const std::size_t known = bench.ask(count, names, at_once);
    const double seconds = std::chrono::duration<double>(Steady::now() - start).count();
    std::printf("%-10s %9zu questions  %8.2f us of CPU each  %10.0f/s, %zu known at once\n", what, count,
                (cpu_seconds() - cpu) * 1e6 / static_cast<double>(count), static_cast<double>(count) / seconds, known);
  };
  measure("uncached", uncached, uncached, 100);
  measure("cached", cached, std::min<std::size_t>(uncached, 1000), 1);
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, std::size_t otherwise) {
    return argc > i ? std::strtoul(argv[i], nullptr, 10) : otherwise;
  };
  test::Server server([](const test::Asked&) { return std::nullopt; });
  DnsSettings settings;
  settings.servers = {server.endpoint()};
  settings.lookups = 100'000;
  measure_waiting(settings, argument(3, 4'000));
  server.answer([](const test::Asked& asked) { return test::reply(asked, {test::a("192.0.2.1", 3600)}); });
  measure_answers(settings, argument(1, 1'000'000), argument(2, 20'000));
}
