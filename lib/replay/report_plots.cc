/// report_plots.cc: where in a picture a number is.
#include "replay/report_plots.h"

#include <algorithm>
#include <cmath>

#include "api/page.h"
#include "api/page_plot.h"
#include "replay/report_words.h"

namespace maildrop::replay {

namespace {

using api::html;
using api::Markup;
using api::with_commas;

/// In its own units: a picture is drawn as wide as the page is.
struct Frame {
  double width, height, left, right, top, bottom;
  double across() const { return width - left - right; }
  double down() const { return height - top - bottom; }
  double x(double part) const { return left + across() * part; }
  double y(double part) const { return top + down() * (1 - part); }  // 0 is below
};
constexpr Frame kWide{720, 260, 52, 8, 22, 26};
constexpr Frame kLow{720, 170, 52, 8, 12, 26};
constexpr Frame kSquare{340, 320, 46, 22, 10, 40};

std::string px(double value) {
  std::string text = fixed(value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

/// A line across with its number.
Markup level(const Frame& frame, double part, const std::string& text) {
  return html("<path class=\"axis\" d=\"M{} {}H{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
              px(frame.left), px(frame.y(part)), px(frame.width - frame.right), px(frame.left - 6),
              px(frame.y(part) + 4), text);
}

Markup below(const Frame& frame, double x, const std::string& text, const char* anchor = "middle") {
  return html("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", px(x), px(frame.height - frame.bottom + 18),
              anchor, text);
}

std::string bar(double x, double width, double from, double to) {
  return "M" + px(x) + " " + px(from) + "V" + px(to) + "h" + px(width) + "V" + px(from) + "z";
}

/// What is told to who points there.
Markup told(const Frame& frame, double x, double width, const std::string& text) {
  return html("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" opacity=\"0\"><title>{}</title></rect>\n", px(x),
              px(frame.top), px(width), px(frame.down()), text);
}

Markup picture(const Frame& frame, const char* look, const std::string& words, const Markup& drawn) {
  return html("<svg class=\"{}\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {} {}\">\n{}</svg>\n", look, words,
              px(frame.width), px(frame.height), drawn);
}

const char* look_of(Label label) { return label == Label::spam ? "refused" : label == Label::ham ? "stored" : "other"; }

// --- scores ---

int floored(int number, int by) { return number / by - (number % by < 0 ? 1 : 0); }

std::uint64_t most_of(const DrawnScores& scores, Label label) {
  std::uint64_t most = 0;
  for (const PerLabel& bin : scores.bins) most = std::max(most, bin[place_of(label)]);
  return most;
}

/// One is half as high as ten are above it.
double height_of(std::uint64_t count, double decades) {
  return count == 0 ? 0 : (std::log10(static_cast<double>(count)) + 0.5) / (decades + 0.5);
}

std::string bin_text(const DrawnScores& scores, std::size_t bin) {
  const int from = scores.first + static_cast<int>(bin) * scores.width;
  return score_text_of_hundredths(from) + " to " + score_text_of_hundredths(from + scores.width - 1);
}

Markup score_axis(const Frame& frame, const DrawnScores& scores) {
  const int span = static_cast<int>(scores.bins.size()) * scores.width;
  int step = 1;
  for (const int each : {10, 20, 50, 100, 200, 500, 1000, 2000})
    if (step = each; span / each <= 14) break;
  Markup out;
  for (int at = floored(scores.first + step - 1, step) * step; at <= scores.first + span; at += step) {
    const std::string text = score_text_of_hundredths(at);
    out += below(frame, frame.x(static_cast<double>(at - scores.first) / span),
                 step >= 100 ? text.substr(0, text.size() - 3) : text.substr(0, text.size() - 1));
  }
  return out;
}

Markup thresholds(const Frame& frame, const Report& report, const DrawnScores& scores) {
  const double span = static_cast<double>(scores.bins.size()) * scores.width;
  Markup out;
  double free_from = 0;  // where a word may begin
  for (const auto& [does, score] : report.thresholds) {
    const double part = (score * 100 - scores.first) / span;
    if (!(part >= 0 && part <= 1)) continue;
    const double x = frame.x(part);
    out += html("<path class=\"from\" d=\"M{} {}V{}\"><title>{} from {}</title></path>\n", px(x), px(frame.top),
                px(frame.height - frame.bottom), does, score_text(score));
    const double wide = 7.0 * static_cast<double>(does.size());
    if (x < free_from || x + wide > frame.width) continue;
    out += html("<text x=\"{}\" y=\"{}\">{}</text>\n", px(x), px(frame.top - 7), does);
    free_from = x + wide + 6;
  }
  return out;
}

// --- ROC ---

std::string percent_of(double part) { return px(part * 100) + " %"; }

/// A corner of the unit square: false positives up to `end`, recall from `from` on.
struct Corner {
  double end = 1, from = 0;
  double x(double harmed) const { return kSquare.x(harmed / end); }
  double y(double caught) const { return kSquare.y((caught - from) / (1 - from)); }
};

/// The part of the curve that is in the corner. Recall only grows, and is in it before false positives are out of it.
std::string curve(const Corner& corner, const std::vector<RocPoint>& points) {
  std::string path;
  double last_x = 0, last_y = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    double harmed = *points[i].false_positives.value(), caught = *points[i].recall.value();
    const bool out = harmed > corner.end;
    if (out) {  // it leaves the picture on its way from the point before
      const double before = *points[i - 1].false_positives.value(), was = *points[i - 1].recall.value();
      caught = was + (caught - was) * (corner.end - before) / (harmed - before);
      harmed = corner.end;
    }
    const double x = corner.x(harmed), y = corner.y(std::max(caught, corner.from));
    if (path.empty() || out || i + 1 == points.size() || std::abs(x - last_x) + std::abs(y - last_y) >= 0.5) {
      path.append(path.empty() ? "M" : "L").append(px(x)).append(" ").append(px(y));
      last_x = x;
      last_y = y;
    }
    if (out) break;
  }
  return path;
}

Markup roc(const Summary& summary, const std::vector<RocPoint>& points, const Corner& corner) {
  const Frame& frame = kSquare;
  const bool whole = corner.end == 1;
  Markup drawn;
  for (const double part : {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}) {
    drawn += level(frame, part, percent_of(corner.from + part * (1 - corner.from)));
    drawn += below(frame, frame.x(part), percent_of(part * corner.end));
  }
  drawn += html("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">ham that would be caught</text>\n", px(frame.x(0.5)),
                px(frame.height - 5));
  if (whole)
    drawn += html("<path class=\"from\" d=\"M{} {}L{} {}\"/>\n", px(frame.x(0)), px(frame.y(0)), px(frame.x(1)),
                  px(frame.y(1)));
  drawn += html("<path class=\"line c0\" d=\"{}\"/>\n", curve(corner, points));
  const Confusion all = summary.confusion();
  const double harmed = *all.false_positives().value(), caught = *all.recall().value();
  if (harmed <= corner.end && caught >= corner.from)
    drawn += html(
        "<circle class=\"here\" cx=\"{}\" cy=\"{}\" r=\"5\"><title>the configuration: {} of spam, {} of ham"
        "</title></circle>\n",
        px(corner.x(harmed)), px(corner.y(caught)), percent(all.recall()), percent(all.false_positives()));
  const RocPoint& best = best_within(points, whole ? 0.01 : corner.end);
  return picture(frame, "square",
                 std::string("Spam that would be caught, by ham that would be, ") +
                     (whole ? "the whole curve" : "up to " + percent_of(corner.end)) + ": " + percent(best.recall) +
                     " of spam at " + percent(best.false_positives) + " of ham",
                 drawn);
}

/// The corner in which a mail server lives, as high as shows where the curve and the configuration are.
Corner corner_of(const Summary& summary, const std::vector<RocPoint>& points) {
  const double lowest = std::min(*best_within(points, 0).recall.value(), *summary.confusion().recall().value());
  Corner corner{0.05, 0};
  for (const double from : {0.5, 0.75, 0.9, 0.95})
    if (from < lowest) corner.from = from;
  return corner;
}

// --- time ---

/// Of days where there are several, and else of slots; so many that they do not touch.
Markup dates(const Frame& frame, const Timeline::View& view) {
  using std::chrono::hours;
  const double width = frame.across() / static_cast<double>(view.slots.size());
  const bool days = view.width < hours(24) && view.width * view.slots.size() > hours(48);
  const std::size_t each = days ? static_cast<std::size_t>(hours(24) / view.width) : 1;
  std::size_t first = 0;
  while (days && first < view.slots.size() &&
         (view.first + view.width * first).time_since_epoch() % hours(24) != hours(0))
    ++first;
  const double room = days || view.width >= hours(24) ? 95 : 130;
  std::size_t step = each;
  while (width * static_cast<double>(step) < room) step += each;
  Markup out;
  for (std::size_t i = first; i < view.slots.size(); i += step) {
    const double x = frame.left + width * static_cast<double>(i);
    if (x + room - 10 <= frame.width)
      out += below(frame, x, slot_text(view.first + view.width * i, days ? hours(24) : view.width), "start");
  }
  return out;
}

}  // namespace

DrawnScores drawn_scores(const Summary& summary) {
  int low = 0, high = -1;
  for (std::size_t bin = 0; bin < ScoreHistogram::kBins; ++bin) {
    if (summary.scores[0].at(bin) + summary.scores[1].at(bin) + summary.scores[2].at(bin) == 0) continue;
    const int at = ScoreHistogram::hundredths(bin);
    if (high < low) low = at;
    high = at;
  }
  DrawnScores drawn;
  if (high < low) return drawn;
  for (const int width : {10, 20, 50, 100, 200}) {
    drawn.width = width;
    if (floored(high, width) - floored(low, width) < static_cast<int>(kDrawnBins)) break;
  }
  drawn.first = floored(low, drawn.width) * drawn.width;
  drawn.bins.resize(static_cast<std::size_t>((high - drawn.first) / drawn.width + 1));
  for (std::size_t bin = 0; bin < ScoreHistogram::kBins; ++bin)
    for (std::size_t label = 0; label < kLabels; ++label)
      if (const std::uint64_t count = summary.scores[label].at(bin))
        drawn.bins[static_cast<std::size_t>((ScoreHistogram::hundredths(bin) - drawn.first) / drawn.width)][label] +=
            count;
  return drawn;
}

Markup score_plot(const Report& report, const DrawnScores& scores) {
  const Frame& frame = kWide;
  const Confusion all = report.summary.confusion();
  const bool labelled = all.spam.all() + all.ham.all() > 0;
  const Label upper = labelled ? Label::spam : Label::none;
  const std::uint64_t most = std::max(most_of(scores, upper), labelled ? most_of(scores, Label::ham) : 0);
  const double decades = std::ceil(std::log10(static_cast<double>(std::max<std::uint64_t>(most, 10))) - 1e-9);
  const double middle = labelled ? 0.5 : 0;  // where the line is; the part of the height that is below it
  Markup drawn;
  std::uint64_t value = 1;
  const int each = decades > 4 ? 2 : 1;  // decades between two numbers
  for (int decade = 0; decade <= static_cast<int>(decades); ++decade, value *= 10) {
    if (decade % each != 0) continue;
    const double high = height_of(value, decades);
    drawn += level(frame, middle + high * (1 - middle), with_commas(value));
    if (labelled) drawn += level(frame, middle - high * middle, with_commas(value));
  }
  drawn += score_axis(frame, scores);
  const double width = frame.across() / static_cast<double>(scores.bins.size());
  const auto x = [&](std::size_t bin) { return frame.left + width * static_cast<double>(bin); };
  std::string words = "Scores";
  for (const Label label : labelled ? std::vector<Label>{Label::spam, Label::ham} : std::vector<Label>{Label::none}) {
    std::string path;
    for (std::size_t bin = 0; bin < scores.bins.size(); ++bin) {
      const double high = height_of(scores.bins[bin][place_of(label)], decades);
      const double to = label == Label::ham ? middle - high * middle : middle + high * (1 - middle);
      if (high > 0) path += bar(x(bin) + width * 0.08, width * 0.84, frame.y(middle), frame.y(to));
    }
    if (!path.empty()) drawn += html("<path class=\"{}\" d=\"{}\"/>\n", look_of(label), path);
    words += (label == Label::ham ? ", " : ": ") + with_commas(report.summary.count(label)) + " messages of " +
             std::string(label_word(label));
  }
  drawn += thresholds(frame, report, scores);
  for (std::size_t bin = 0; bin < scores.bins.size(); ++bin) {
    const PerLabel& counts = scores.bins[bin];
    if (counts[0] + counts[1] + counts[2] == 0) continue;
    std::string text = bin_text(scores, bin);
    for (const Label label : labels_of(report.summary))
      text += ", " + with_commas(counts[place_of(label)]) + " " + std::string(label_word(label));
    drawn += told(frame, x(bin), width, text);
  }
  return picture(frame, "plot",
                 words + "; from " + bin_text(scores, 0) + " up to " + bin_text(scores, scores.bins.size() - 1), drawn);
}

Markup roc_plots(const Summary& summary, const std::vector<RocPoint>& points) {
  return html("<div class=\"pair\">\n{}{}</div>\n", roc(summary, points, Corner()),
              roc(summary, points, corner_of(summary, points)));
}

Markup timeline_plot(const Timeline::View& view, Label label) {
  const Frame& frame = kLow;
  const std::size_t at = place_of(label);
  std::uint64_t most = 0, sum = 0, caught_sum = 0;
  for (const auto& slot : view.slots) {
    most = std::max(most, slot.all[at]);
    sum += slot.all[at];
    caught_sum += slot.caught[at];
  }
  const std::uint64_t end = api::axis_end(most);
  const auto part = [end](std::uint64_t count) { return static_cast<double>(count) / static_cast<double>(end); };
  Markup drawn;
  for (const std::uint64_t value : {std::uint64_t{0}, end / 2, end})
    if (value == 0 || value == end || end % 2 == 0) drawn += level(frame, part(value), with_commas(value));

  const double width = frame.across() / static_cast<double>(view.slots.size());
  std::string caught, passed;
  Markup titles;
  for (std::size_t i = 0; i < view.slots.size(); ++i) {
    const auto& slot = view.slots[i];
    if (slot.all[at] == 0) continue;
    const double x = frame.left + width * static_cast<double>(i);
    const double foot = frame.y(0), middle = frame.y(part(slot.caught[at])), head = frame.y(part(slot.all[at]));
    if (slot.caught[at] > 0) caught += bar(x + width * 0.1, width * 0.8, foot, middle);
    if (slot.all[at] > slot.caught[at]) passed += bar(x + width * 0.1, width * 0.8, middle, head);
    titles += told(frame, x, width,
                   slot_text(view.first + view.width * i, view.width) + ", " + with_commas(slot.caught[at]) + " of " +
                       with_commas(slot.all[at]) + " caught");
  }
  drawn += dates(frame, view);
  if (!caught.empty()) drawn += html("<path class=\"refused\" d=\"{}\"/>\n", caught);
  if (!passed.empty()) drawn += html("<path class=\"stored\" d=\"{}\"/>\n", passed);
  drawn += titles;
  return picture(frame, "plot",
                 std::string(label_word(label)) + " from " + slot_text(view.first, view.width) + " on, " +
                     with_commas(sum) + " messages, of which " + with_commas(caught_sum) + " were caught",
                 drawn);
}

Markup filter_bar(std::uint64_t hits, std::uint64_t unique, std::uint64_t most, Label label) {
  const auto part = [most](std::uint64_t count) {
    return px(count == 0 ? 0 : std::max(0.5, 100 * static_cast<double>(count) / static_cast<double>(most)));
  };
  return html(
      "<svg class=\"bar\" aria-hidden=\"true\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\"><rect class=\"{} "
      "pale\" width=\"{}\" height=\"6\"/><rect class=\"{}\" width=\"{}\" height=\"6\"/></svg>",
      look_of(label), part(hits), look_of(label), part(unique));
}

}  // namespace maildrop::replay
