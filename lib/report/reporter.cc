/// reporter.cc: a queue and a thread for each place.
#include "report/reporter.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/log.h"
#include "report/file_sink.h"
#include "report/redis_sink.h"
#include "report/webhook_sink.h"

namespace maildrop::report {

namespace {

using Steady = std::chrono::steady_clock;
using Shared = std::shared_ptr<const Decision>;

constexpr std::chrono::seconds kFilePatience{1};      // with others of us that write to the same
constexpr std::size_t kMostAtOnce = 500;              // decisions in one write
constexpr std::size_t kMostBytesAtOnce = 256 * 1024;  // and bytes of them, before they are JSON

}  // namespace

class Reporter::Lane {
 public:
  Lane(std::unique_ptr<Sink> sink, std::shared_ptr<const Pseudonyms> pseudonyms, const Limits& limits,
       metrics::Registry& metrics)
      : sink_(std::move(sink)),
        pseudonyms_(std::move(pseudonyms)),
        limits_(limits),
        written_(counter(metrics, "written")),
        dropped_(counter(metrics, "dropped")),
        unwanted_(counter(metrics, "unwanted")),
        outage_(
            metrics.gauge("maildrop_report_outage", "Places that do not take reports: 1 while one does not", label())),
        waiting_(metrics.gauge("maildrop_report_waiting_bytes",
                               "Memory of decisions that wait for their place: compare the setting report.queue",
                               label())),
        thread_([this] { run(); }) {}

  void end() {
    {
      const std::lock_guard lock(mutex_);
      if (!ends_) ends_ = Steady::now() + limits_.farewell;
    }
    wake_.notify_all();
  }

  ~Lane() {
    end();
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, *ends_, [this] { return over_; });
    }
    sink_->cancel();
    thread_.join();
  }

  bool wants() const { return sink_->wants(); }

  void push(const Shared& decision) noexcept try {
    if (!sink_->wants()) return;
    const std::size_t bytes = decision->bytes();
    const std::lock_guard lock(mutex_);
    if (bytes_ + bytes > limits_.queue) return dropped_.add();
    queue_.push_back(decision);
    hold(bytes_ + bytes);
    wake_.notify_all();
  } catch (...) {  // no memory
    drop();
  }
  void drop() noexcept { dropped_.add(); }

  std::string impaired() const {
    const std::lock_guard lock(mutex_);
    if (error_.empty()) return {};
    return "reports are not taken by " + std::string(sink_->name()) + ": " + error_ + "\n";
  }

 private:
  std::string label() const { return "place=\"" + std::string(sink_->name()) + "\""; }
  metrics::Counter& counter(metrics::Registry& metrics, std::string_view result) const {
    return metrics.counter(
        "maildrop_reports_total",
        "Decisions that were reported, by place: written there, dropped before, or unwanted, since the "
        "place refused them for good",
        label() + ",result=\"" + std::string(result) + "\"");
  }

  void hold(std::size_t bytes) {
    bytes_ = bytes;
    waiting_.set(static_cast<std::int64_t>(bytes));
  }

  void run() {
    while (run_once()) continue;
    const std::lock_guard lock(mutex_);
    dropped_.add(queue_.size());
    queue_.clear();
    over_ = true;
    wake_.notify_all();
  }

  /// false: it is the end. What is thrown (no memory) costs a batch and a pause, and not the process.
  bool run_once() {
    std::vector<Shared> batch;
    try {
      take(batch);
      if (batch.empty()) return false;
      const Held held(*this, batch);
      return bring(batch);
    } catch (const std::exception&) {
      dropped_.add(batch.size());
      return !ends_within(limits_.first_pause);
    }
  }

  bool ends_within(Millis pause) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, pause, [this] { return ends_.has_value(); });
  }

  /// What is being brought takes memory until it is there.
  class Held {
   public:
    Held(Lane& lane, const std::vector<Shared>& batch) : lane_(lane) {
      for (const Shared& decision : batch) bytes_ += decision->bytes();
    }
    ~Held() {
      const std::lock_guard lock(lane_.mutex_);
      lane_.hold(lane_.bytes_ - bytes_);
    }
    Held(const Held&) = delete;

   private:
    Lane& lane_;
    std::size_t bytes_ = 0;
  };

  /// Waits for some; none: it is the end.
  void take(std::vector<Shared>& batch) {
    batch.reserve(kMostAtOnce);  // what is thrown from here on would lose some
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !queue_.empty() || ends_; });
    if (ends_ && Steady::now() >= *ends_) return;
    std::size_t bytes = 0;
    while (!queue_.empty() && batch.size() < kMostAtOnce && bytes < kMostBytesAtOnce) {
      bytes += queue_.front()->bytes();
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }

  /// Until they are there, and the batch is empty then. false: it is the end, and they are not.
  bool bring(std::vector<Shared>& batch) {
    for (Millis pause = limits_.first_pause;; pause = std::min(2 * pause, limits_.longest_pause)) {
      const Result<std::size_t> unwanted = write(batch);
      if (unwanted) {
        unwanted_.add(*unwanted);
        written_.add(std::exchange(batch, {}).size() - *unwanted);
      }
      note(unwanted);
      if (unwanted) return true;
      if (!ends_within(pause)) continue;
      dropped_.add(std::exchange(batch, {}).size());
      return false;
    }
  }

  /// How many the place does not want.
  Result<std::size_t> write(const std::vector<Shared>& batch) try {
    std::vector<std::string> lines;
    for (const Shared& decision : batch) lines.push_back(to_json(*decision, *pseudonyms_));
    return sink_->write(lines);
  } catch (const std::exception& error) {  // no memory, no thread: it may be another time
    return fail(Code::internal, error.what());
  }

  /// A line when it stops, and one when it goes on. What is not wanted was taken, in a way: nothing waits.
  void note(const Result<std::size_t>& written) {
    const bool taken = written.has_value();
    std::string error = taken ? std::string() : written.error().what;
    const std::lock_guard lock(mutex_);
    if (ends_ && !taken) return;
    if (error_.empty() != error.empty()) {
      if (taken)
        log::info("reports are taken again", {{"place", sink_->name()}});
      else
        log::warning("reports are not taken", {{"place", sink_->name()}, {"error", error}});
      outage_.set(taken ? 0 : 1);
    }
    error_ = std::move(error);
  }

  const std::unique_ptr<Sink> sink_;
  const std::shared_ptr<const Pseudonyms> pseudonyms_;
  const Limits limits_;
  metrics::Counter& written_;
  metrics::Counter& dropped_;
  metrics::Counter& unwanted_;
  metrics::Gauge& outage_;
  metrics::Gauge& waiting_;
  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  std::deque<Shared> queue_;
  std::size_t bytes_ = 0;  // of what waits, and of what is being brought
  std::optional<Monotonic> ends_;
  bool over_ = false;
  std::string error_;   // of the last write
  std::thread thread_;  // last: it uses the others
};

Result<std::unique_ptr<Reporter>> Reporter::make(const Config& config, const Clock& clock, metrics::Registry& metrics,
                                                 std::vector<std::unique_ptr<Sink>> more) {
  const ReportSettings& settings = config.report;
  const auto named = [](std::string_view key, auto made) -> Result<std::unique_ptr<Sink>> {
    if (made) return std::move(*made);
    return fail(made.error().code, std::string(key) + ": " + made.error().what);
  };
  std::vector<std::unique_ptr<Sink>> sinks;
  if (!settings.file.empty())
    sinks.push_back(make_file_sink({settings.file, settings.file_size, settings.files, kFilePatience}));
  if (!settings.redis.empty()) sinks.push_back(TRY(named("report.redis", make_redis_sink(settings, config.redis))));
  if (!settings.webhook.empty()) sinks.push_back(TRY(named("report.webhook", make_webhook_sink(settings, clock))));
  for (std::unique_ptr<Sink>& sink : more) sinks.push_back(std::move(sink));
  if (sinks.empty()) return nullptr;
  Limits limits;
  limits.queue = settings.queue;
  return std::make_unique<Reporter>(std::move(sinks), settings.key, limits, metrics);
}

Reporter::Reporter(std::vector<std::unique_ptr<Sink>> sinks, std::string key, const Limits& limits,
                   metrics::Registry& metrics) {
  const auto pseudonyms = std::make_shared<const Pseudonyms>(std::move(key));
  for (std::unique_ptr<Sink>& sink : sinks)
    lanes_.push_back(std::make_unique<Lane>(std::move(sink), pseudonyms, limits, metrics));
}

/// All at once: their farewells do not add up.
Reporter::~Reporter() {
  for (const auto& lane : lanes_) lane->end();
}

bool Reporter::wanted() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->wants(); });
}

void Reporter::tell(Decision decision) noexcept try {
  const auto shared = std::make_shared<const Decision>(std::move(decision));
  for (const auto& lane : lanes_) lane->push(shared);
} catch (...) {  // no memory
  for (const auto& lane : lanes_) lane->drop();
}

std::string Reporter::impaired() const {
  std::string text;
  for (const auto& lane : lanes_) text += lane->impaired();
  return text;
}

}  // namespace maildrop::report
