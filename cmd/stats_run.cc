/// stats_run.cc: reads the numbers, and writes them: once, or until interrupted.
#include <sys/ioctl.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "api/statistics_text.h"
#include "command.h"
#include "core/parse_time.h"
#include "core/text.h"
#include "inbox.h"
#include "json_line.h"
#include "progress.h"
#include "stats.h"

namespace maildrop::cmd {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookForSignals{100};
constexpr std::size_t kUsualRows = 24;
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kEndOfLine = "\x1b[K\n";  // what an earlier look left there is wiped
constexpr std::string_view kEndOfScreen = "\x1b[J";

/// Waits so long, and no longer than until a signal.
class Ticks final : public store::Feed {
 public:
  explicit Ticks(milliseconds every) : every_(every) {}
  Result<bool> wait(milliseconds) override {
    const auto end = std::chrono::steady_clock::now() + every_;
    while (!was_interrupted() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(
          std::min<std::chrono::nanoseconds>(kLookForSignals, end - std::chrono::steady_clock::now()));
    return true;
  }

 private:
  const milliseconds every_;
};

std::size_t screen_rows(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row : kUsualRows;
}

/// From the top of the screen, as many lines as it has: the cursor stays on the last one.
std::string drawn_anew(const std::string& text, std::size_t rows) {
  std::string out(kHome);
  std::size_t shown = 0;
  for (const std::string_view line : split(text, '\n'))
    if (++shown < rows) out.append(line).append(kEndOfLine);
  return out.append(kEndOfScreen);
}

}  // namespace

StatsRun::StatsRun(const StatsOptions& options, StatsSource& source, const Clock& clock, int fd)
    : options_(options), source_(source), clock_(clock), fd_(fd), screen_(screen_of(fd, options.colour)) {}

api::StatisticsChoice StatsRun::choice() const { return {api::statistics_part_named(options_.by), options_.top}; }

int StatsRun::main() {
  const Time now = clock_.now();
  const auto since = parse_moment(options_.since, now), until = parse_moment(options_.until, now);
  if (since && until && *until < *since) return usage_error("stats", "--until is before --since");
  const Result<int> status = options_.watch ? watch() : once();
  return status ? *status : report(status.error());
}

Result<api::Plot> StatsRun::plot(std::size_t hours, Time now) {
  if (source_.server) return source_.server->statistics(hours);
  const store::Hour last = store::hour_of(now);
  const store::Numbers numbers = TRY(source_.statistics->read(last - static_cast<store::Hour>(hours) + 1, last));
  return api::plot_of(numbers, last, hours);
}

Result<std::vector<store::SourceFigures>> StatsRun::sources() {
  store::Survey survey(clock_);
  while (!survey.done()) TRY(survey.go_on(*source_.store));
  return survey.sources();
}

Result<api::Digest> StatsRun::read() {
  const Time now = clock_.now();
  // The last hour that begins before --until.
  const Time until = options_.until.empty() ? now : TRY(parse_moment(options_.until, now)) - milliseconds(1);
  const store::Hour end = store::hour_of(until);
  const store::Hour first = options_.since.empty()
                                ? end - static_cast<store::Hour>(api::StatisticsReader::kUsualHours) + 1
                                : store::hour_of(TRY(parse_moment(options_.since, now)));
  const auto hours = static_cast<std::size_t>(std::max<store::Hour>(1, store::hour_of(now) - first + 1));
  const api::Plot all = TRY(plot(std::min(hours, source_.kept), now));
  if (end < all.first && first < all.first) return fail(Code::not_found, "hours of so long ago are not kept");
  api::Digest digest = api::digest_of(api::part_of(all, first, options_.until.empty() ? all.last() : end), now);
  if (options_.by == "source") digest.sources = TRY(sources());
  if (source_.store) {
    const store::StoreStats stats = TRY(source_.store->stats());
    digest.store = api::StoreUse{stats.inboxes, stats.messages, stats.bytes, source_.limit};
  }
  return digest;
}

std::string StatsRun::form_of(const api::Digest& digest) const {
  if (options_.json) return json_line(api::statistics_json(digest, choice()));
  if (options_.prometheus) return api::statistics_prometheus(digest);
  if (options_.csv) return api::statistics_csv(digest, choice());
  return api::statistics_text(digest, choice(), {screen_.width, screen_.terminal, screen_.colour});
}

Result<int> StatsRun::once() {
  const std::string text = form_of(TRY(read()));
  if (options_.no_pager || options_.json || options_.prometheus || options_.csv) {
    TRY(print(screen_.fd, text));
  } else {
    TRY(page(screen_, text));
  }
  return exit_ok;
}

std::string StatsRun::look_of(const api::Digest& digest, const std::optional<api::Digest>& before) const {
  if (options_.json) return form_of(digest);
  const std::string line = api::statistics_line(digest, before.value_or(digest)) + "\n";
  if (!screen_.terminal) return line;
  const std::string head = screen_.width > 0 ? cut_to_width(trim(line), screen_.width) + "\n" : line;
  return drawn_anew(head + form_of(digest), screen_rows(screen_.fd));
}

/// An interruption is how it ends: 0. The screen is left as it was drawn last.
Result<int> StatsRun::watch() {
  listen_to_signals();
  Ticks ticks(*parse_duration(options_.every));
  std::optional<api::Digest> before;
  const auto look = [&]() -> Result<std::optional<int>> {
    if (was_interrupted()) return std::optional<int>(exit_ok);
    api::Digest digest = TRY(read());
    screen_ = screen_of(fd_, options_.colour);  // somebody may have drawn it wider
    if (const auto written = print(screen_.fd, look_of(digest, before)); !written)
      return std::optional<int>(report(written.error()));
    before = std::move(digest);
    return std::optional<int>();
  };
  const auto ended = cmd::watch(ticks, std::nullopt, look);
  if (!ended) return tl::unexpected(ended.error());
  return ended->value_or(exit_ok);
}

}  // namespace maildrop::cmd
