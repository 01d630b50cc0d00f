/// reporter_test.cc: queues, pauses and the end, before places that do as a test says.
#include "report/reporter.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::report;

namespace {

bool until(const std::function<bool()>& condition) {
  for (int i = 0; i < 4000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

/// What a test sees of a place that the reporter owns.
struct Place {
  std::atomic<std::size_t> lines = 0, writes = 0, cancels = 0, unwanted = 0;
  std::atomic<bool> fails = false, throws = false, nameless = false, idle = false;
  std::mutex mutex;
  std::condition_variable wake;
  bool hangs = false;

  void hang(bool now) {
    const std::lock_guard lock(mutex);
    hangs = now;
    wake.notify_all();
  }
};

class FakeSink : public Sink {
 public:
  FakeSink(std::string_view name, Place& place) : name_(name), place_(place) {}
  std::string_view name() const override {
    if (place_.nameless) throw std::bad_alloc();
    return name_;
  }
  Result<std::size_t> write(std::span<const std::string> lines) override {
    ++place_.writes;
    std::unique_lock lock(place_.mutex);
    place_.wake.wait(lock, [&] { return !place_.hangs || cancelled_; });
    if (cancelled_) return fail(Code::timed_out, "cancelled");
    if (place_.throws) throw std::bad_alloc();
    if (place_.fails) return fail(Code::unavailable, "not now");
    const std::size_t unwanted = std::min<std::size_t>(lines.size(), place_.unwanted);
    place_.lines += lines.size() - unwanted;
    return unwanted;
  }
  bool wants() const override { return !place_.idle; }
  void cancel() override {
    const std::lock_guard lock(place_.mutex);
    ++place_.cancels;
    cancelled_ = true;
    place_.wake.notify_all();
  }

 private:
  std::string_view name_;
  Place& place_;
  bool cancelled_ = false;
};

Reporter::Limits quick() {
  Reporter::Limits limits;
  limits.first_pause = Millis(1);
  limits.longest_pause = Millis(5);
  limits.farewell = Millis(50);
  return limits;
}

struct Bench {
  explicit Bench(const Reporter::Limits& limits = quick()) {
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<FakeSink>("one", one));
    sinks.push_back(std::make_unique<FakeSink>("two", two));
    reporter = std::make_unique<Reporter>(std::move(sinks), "key", limits, metrics);
  }
  std::uint64_t total(const std::string& place, const std::string& result) const {
    return metrics.total("maildrop_reports_total", "place=\"" + place + "\",result=\"" + result + "\"");
  }

  metrics::Registry metrics;
  Place one, two;
  std::unique_ptr<Reporter> reporter;
};

}  // namespace

TEST_CASE("every place gets every decision") {
  Bench bench;
  for (int i = 0; i < 1000; ++i) bench.reporter->tell({});
  CHECK(until([&] { return bench.one.lines == 1000 && bench.two.lines == 1000; }));
  CHECK(until([&] { return bench.total("one", "written") == 1000; }));
  CHECK(bench.reporter->impaired().empty());
}

TEST_CASE("a place that nobody looks at gets nothing, and where all are so nothing need be decided") {
  Bench bench;
  bench.one.idle = true;
  CHECK(bench.reporter->wanted());
  bench.reporter->tell({});
  CHECK(until([&] { return bench.two.lines == 1; }));
  bench.two.idle = true;
  CHECK_FALSE(bench.reporter->wanted());
  bench.one.idle = false;
  bench.reporter->tell({});
  CHECK(until([&] { return bench.one.lines == 1; }));
  CHECK(bench.two.lines == 1);
}

TEST_CASE("a place that hangs keeps nothing from the others, and its queue has a bound") {
  Reporter::Limits limits = quick();
  limits.queue = 20 * sizeof(Decision);
  Bench bench(limits);
  bench.two.hang(true);
  std::size_t told = 0;
  for (; told < 100; ++told) {
    bench.reporter->tell({});
    CHECK(until([&] { return bench.one.lines == told + 1; }));
  }
  CHECK(bench.two.lines == 0);
  CHECK(bench.total("two", "dropped") == 80);
  CHECK(bench.metrics.gauge("maildrop_report_waiting_bytes", "", "place=\"two\"").value() ==
        static_cast<std::int64_t>(20 * sizeof(Decision)));
  bench.two.hang(false);
  CHECK(until([&] { return bench.two.lines == 20; }));
  CHECK(until([&] { return bench.metrics.gauge("maildrop_report_waiting_bytes", "", "place=\"two\"").value() == 0; }));
}

TEST_CASE("what was not taken comes again until it is, and somebody can see that it is not") {
  Bench bench;
  bench.one.fails = true;
  bench.reporter->tell({});
  CHECK(until([&] { return bench.one.writes > 3; }));
  CHECK(bench.reporter->impaired() == "reports are not taken by one: not now\n");
  CHECK(bench.metrics.gauge("maildrop_report_outage", "", "place=\"one\"").value() == 1);
  bench.one.fails = false;
  CHECK(until([&] { return bench.one.lines == 1; }));
  CHECK(until([&] { return bench.reporter->impaired().empty(); }));
  CHECK(bench.metrics.gauge("maildrop_report_outage", "", "place=\"one\"").value() == 0);
}

TEST_CASE("what is not wanted does not come again, and nothing is wrong with its place") {
  Bench bench;
  bench.one.unwanted = 1;
  bench.one.hang(true);
  bench.reporter->tell({});
  REQUIRE(until([&] { return bench.one.writes == 1; }));
  for (int i = 0; i < 3; ++i) bench.reporter->tell({});
  bench.one.hang(false);
  CHECK(until([&] { return bench.total("one", "unwanted") == 2; }));
  CHECK(until([&] { return bench.total("one", "written") == 2; }));  // of the three, those that were wanted
  CHECK(bench.one.writes == 2);
  CHECK(bench.reporter->impaired().empty());
}

TEST_CASE("what a place throws is a failure like any other") {
  Bench bench;
  bench.one.throws = true;
  bench.reporter->tell({});
  CHECK(until([&] { return bench.one.writes > 2; }));
  bench.one.throws = false;
  CHECK(until([&] { return bench.one.lines == 1; }));
}

TEST_CASE("what is lost because something was thrown is counted, and the next is written") {
  Bench bench;
  bench.one.fails = bench.one.nameless = true;  // so that it cannot be told that it fails
  bench.reporter->tell({});
  CHECK(until([&] { return bench.total("one", "dropped") == 1; }));
  bench.one.fails = bench.one.nameless = false;
  bench.reporter->tell({});
  CHECK(until([&] { return bench.total("one", "written") == 1; }));
  CHECK(bench.total("one", "dropped") == 1);
}

TEST_CASE("at the end what waits is written, if that goes quickly") {
  Reporter::Limits limits = quick();
  limits.farewell = Millis(20000);  // on a busy machine, too
  Bench bench(limits);
  for (int i = 0; i < 600; ++i) bench.reporter->tell({});
  bench.reporter.reset();
  CHECK(bench.one.lines == 600);
  CHECK(bench.two.lines == 600);
}

TEST_CASE("at the end nobody waits for a place that hangs or fails") {
  Bench bench;
  bench.one.hang(true);
  bench.two.fails = true;
  for (int i = 0; i < 10; ++i) bench.reporter->tell({});
  CHECK(until([&] { return bench.one.writes == 1 && bench.two.writes > 1; }));
  bench.reporter.reset();
  CHECK(bench.one.cancels == 1);
  CHECK(bench.total("one", "dropped") == 10);
  CHECK(bench.total("two", "dropped") == 10);
}

TEST_CASE("places are made as the settings have them, and what is wrong is told with its key") {
  metrics::Registry metrics;
  const FakeClock clock;
  Config config;
  CHECK(*Reporter::make(config, clock, metrics) == nullptr);
  config.report.webhook = "https://user:secret@hook.example/";
  CHECK(Reporter::make(config, clock, metrics).error().what.starts_with("report.webhook: "));
  config.report.redis = "redis://user:secret@127.0.0.1/";
  CHECK(Reporter::make(config, clock, metrics).error().what.starts_with("report.redis: "));
  const store::test::Folder folder;
  config.report = {};
  config.report.file = folder.path("report");
  auto reporter = Reporter::make(config, clock, metrics);
  REQUIRE(reporter);
  (*reporter)->tell({});
  CHECK(until([&] { return metrics.total("maildrop_reports_total") == 1; }));
}
