/// report_words.cc: numbers in words.
#include "replay/report_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "api/page.h"
#include "replay/labels.h"

namespace maildrop::replay {

namespace {

using api::with_commas;

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string two_digits(unsigned number) {
  return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

std::string of_rate(const Rate& rate) { return with_commas(rate.hits) + " of " + with_commas(rate.of); }

std::uint64_t sum(const PerLabel& counts) { return counts[0] + counts[1] + counts[2]; }

/// More is first: spam, ham, no label.
bool is_before(const PerLabel& a, const PerLabel& b) {
  for (const Label label : {Label::spam, Label::ham, Label::none})
    if (a[place_of(label)] != b[place_of(label)]) return a[place_of(label)] > b[place_of(label)];
  return false;
}

}  // namespace

std::string fixed(double number, int digits) {
  std::array<char, 400> text{};  // 309 digits before the point
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, digits).ptr;
  std::string out(text.data(), end);
  if (out.starts_with('-') && out.find_first_not_of("-0.") == std::string::npos) out.erase(0, 1);
  return out;
}

double rounded(double number, int digits) {
  if (!std::isfinite(number)) return 0;
  const std::string text = fixed(number, digits);
  double out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string score_text(double score) { return fixed(score, 2); }

std::string score_text_of_hundredths(int hundredths) {
  const auto size = static_cast<unsigned>(std::abs(hundredths));
  return (hundredths < 0 ? "-" : "") + std::to_string(size / 100) + "." + two_digits(size % 100);
}

std::string percent(const Rate& rate) {
  const auto value = rate.value();
  return value ? fixed(*value * 100, 2) + " %" : "–";
}

std::string percent_range(const Rate& rate) {
  if (rate.of == 0) return "–";
  const Interval interval = rate.interval();
  return fixed(interval.low * 100, 2) + " to " + fixed(interval.high * 100, 2) + " %";
}

std::string plural_of(std::uint64_t number, std::string_view one, std::string_view many) {
  return with_commas(number).append(" ").append(number == 1 ? one : many);
}

std::string_view label_word(Label label) { return label == Label::none ? "no label" : name_of(label); }

std::vector<Label> labels_of(const Summary& summary) {
  std::vector<Label> labels;
  for (const Label label : {Label::spam, Label::ham, Label::none})
    if (summary.count(label) > 0) labels.push_back(label);
  return labels;
}

std::vector<Label> told_labels(const Summary& summary) {
  std::vector<Label> labels = labels_of(summary);
  if (labels.size() > 1) std::erase(labels, Label::none);
  return labels;
}

std::string headline(const Report& report) {
  return plural_of(report.summary.messages, "message", "messages") + " of " +
         plural_of(report.sources, "source", "sources") + ", judged by " +
         (report.config.empty() ? "the defaults" : report.config);
}

std::string what_is_missing(const Report& report) {
  std::string out;
  if (report.interrupted) out = "The run was interrupted: this is of what came until then.";
  if (report.broken > 0) {
    if (!out.empty()) out += ' ';
    out += plural_of(report.broken, "sample", "samples") + " could not be read.";
  }
  return out;
}

std::vector<MeasureRow> measures_of(const Summary& summary) {
  std::vector<MeasureRow> rows;
  const Confusion all = summary.confusion();
  if (all.spam.all() + all.ham.all() == 0) return rows;
  const auto add = [&rows](std::string name, const Rate& rate, std::string meaning) {
    rows.push_back({std::move(name), percent(rate), percent_range(rate), of_rate(rate), std::move(meaning)});
  };
  add("recall", all.recall(), "spam that was caught");
  add("precision", all.precision(), "of what was caught, spam");
  add("false positives", all.false_positives(), "ham that was caught");
  if (all.spam.deferred > 0) add("spam deferred", all.spam_deferred(), "caught if it stays away");
  if (all.ham.deferred > 0) add("ham deferred", all.ham_deferred(), "late, or lost");
  const auto f1 = all.f1();
  rows.push_back({"F1", f1 ? fixed(*f1, 4) : "–", "", "", "of recall and precision"});
  if (const auto area = roc_area(summary.scores_of(Label::spam), summary.scores_of(Label::ham)))
    rows.push_back({"ROC area", fixed(area->value, 4),
                    fixed(area->interval.low, 4) + " to " + fixed(area->interval.high, 4), "",
                    "chance of spam above ham"});
  return rows;
}

std::vector<std::size_t> busy_filters(const Summary& summary) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < summary.filters.size(); ++i)
    if (sum(summary.filters[i].hits) + summary.filters[i].failed > 0) places.push_back(i);
  std::stable_sort(places.begin(), places.end(), [&summary](std::size_t a, std::size_t b) {
    return is_before(summary.filters[a].hits, summary.filters[b].hits);
  });
  return places;
}

std::string judged(const Mistake& mistake) {
  std::string out(kFateNames[place_of(mistake.fate)]);
  if (!mistake.by.empty()) out += " by " + mistake.by;
  return out;
}

std::string reason_text(const Summary& summary, const Mistake::Reason& reason) {
  const std::string score = score_text(reason.score);
  std::string out = summary.filters[reason.filter].name;
  if (reason.score != 0) out += reason.counts ? " " + score : " (" + score + ")";
  return reason.text.empty() ? out : out + ": " + reason.text;
}

std::string slot_text(Time time, std::chrono::milliseconds width) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  std::string out = std::to_string(static_cast<unsigned>(date.day())).append(" ");
  out.append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(" ");
  out.append(std::to_string(static_cast<int>(date.year())));
  if (width >= std::chrono::hours(24)) return out;
  const auto minutes = static_cast<unsigned>(std::chrono::floor<std::chrono::minutes>(time - day).count());
  return out + " " + two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
}

std::string width_text(std::chrono::milliseconds width) {
  const auto minutes = static_cast<std::uint64_t>(width.count() / 60'000);
  if (minutes % (7 * 1440) == 0) return plural_of(minutes / (7 * 1440), "week", "weeks");
  if (minutes % 1440 == 0) return plural_of(minutes / 1440, "day", "days");
  return minutes % 60 == 0 ? plural_of(minutes / 60, "hour", "hours") : plural_of(minutes, "minute", "minutes");
}

std::vector<std::pair<std::string, PerLabel>> deciders(const Summary& summary) {
  std::vector<std::pair<std::string, PerLabel>> rows(summary.decided_by.begin(), summary.decided_by.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return is_before(a.second, b.second); });
  return rows;
}

}  // namespace maildrop::replay
