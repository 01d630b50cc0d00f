/// page_plot.cc: where in a picture a number is.
#include "api/page_plot.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "api/page.h"

namespace maildrop::api {

namespace {

// Of the picture, in its own units: it is drawn as wide as the page is.
constexpr double kWidth = 720, kHeight = 220, kLeft = 52, kTop = 14, kBottom = 26;
constexpr double kPlotWidth = kWidth - kLeft - 8, kPlotHeight = kHeight - kTop - kBottom;
constexpr std::size_t kLabels = 8;  // of hours, at most
constexpr double kLabelWidth = 30;

/// With one digit behind the point, or none.
std::string px(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string out = text;
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

std::string hour_text(store::Hour hour, const char* format) {
  const std::time_t seconds = static_cast<std::time_t>(hour) * 3600;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, format, &parts);
  return text;
}

double y_of(std::uint64_t value, std::uint64_t end) {
  return kTop + kPlotHeight * (1 - static_cast<double>(value) / static_cast<double>(end));
}

double x_of(std::size_t at, std::size_t hours) {
  return kLeft + kPlotWidth * static_cast<double>(at) / static_cast<double>(hours);
}

/// Two lines with their numbers, and hours below: of days where there are several.
Markup axes(store::Hour first, std::size_t hours, std::uint64_t end) {
  Markup out;
  for (const std::uint64_t value : {std::uint64_t{0}, end / 2, end}) {
    if (value == end / 2 && value > 0 && end % 2 != 0) continue;
    const std::string y = px(y_of(value, end));
    out += html("<path class=\"axis\" d=\"M{} {}H{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                px(kLeft), y, px(kWidth - 8), px(kLeft - 6), px(y_of(value, end) + 4), with_commas(value));
  }
  const bool days = hours > 48;
  std::size_t step = 1;  // hours between two labels
  for (const std::size_t each : {1, 2, 3, 6, 12, 24, 48, 96, 192})
    if (step = each; hours <= kLabels * each && (!days || each >= 24)) break;
  for (std::size_t at = 0; at < hours; ++at) {
    const store::Hour hour = first + static_cast<store::Hour>(at);
    if (hour % static_cast<store::Hour>(step) != 0 || x_of(at, hours) > kWidth - kLabelWidth) continue;
    out += html("<text x=\"{}\" y=\"{}\">{}</text>\n", px(x_of(at, hours)), px(kHeight - 8),
                hour_text(hour, days ? "%-d %b" : "%H:%M"));
  }
  return out;
}

/// What an hour has, for who points at it.
Markup told(store::Hour first, const std::vector<PlottedSeries>& series) {
  Markup out;
  const std::size_t hours = series.front().counts.size();
  for (std::size_t at = 0; at < hours; ++at) {
    std::string text = hour_text(first + static_cast<store::Hour>(at), "%-d %b %H:%M");
    bool any = false;
    for (const PlottedSeries& each : series) {
      any = any || each.counts[at] > 0;
      text.append(", ").append(with_commas(each.counts[at])).append(" ").append(each.label);
    }
    if (any)
      out += html("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" opacity=\"0\"><title>{}</title></rect>\n",
                  px(x_of(at, hours)), px(kTop), px(kPlotWidth / static_cast<double>(hours)), px(kPlotHeight), text);
  }
  return out;
}

Markup picture(std::string_view title, const std::vector<PlottedSeries>& series, const Markup& drawn) {
  Markup key;
  std::string words(title);
  for (const PlottedSeries& each : series) {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : each.counts) sum += count;
    key += html("<li><i class=\"{}\"></i>{}</li>", each.look, each.label);
    words.append(&each == series.data() ? ": " : ", ").append(with_commas(sum)).append(" ").append(each.label);
  }
  return html(
      "<figure>\n<figcaption>{}</figcaption>\n<ul class=\"key\">{}</ul>\n<div class=\"scroll\" tabindex=\"0\" "
      "role=\"region\" aria-label=\"{}\"><svg class=\"plot\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {} {}\">\n"
      "{}</svg></div>\n</figure>\n",
      title, key, title, words, px(kWidth), px(kHeight), drawn);
}

}  // namespace

std::uint64_t axis_end(std::uint64_t most) {
  std::uint64_t decade = 1;
  for (;;) {
    for (const std::uint64_t step : {1, 2, 5})
      if (step * decade >= most) return step * decade;
    if (decade > UINT64_MAX / 100) return UINT64_MAX;
    decade *= 10;
  }
}

Markup stacked_bars(std::string_view title, store::Hour first, const std::vector<PlottedSeries>& series) {
  const std::size_t hours = series.front().counts.size();
  std::vector<std::uint64_t> below(hours, 0);
  std::uint64_t most = 0;
  for (std::size_t at = 0; at < hours; ++at) {
    std::uint64_t all = 0;
    for (const PlottedSeries& each : series) all += each.counts[at];
    most = std::max(most, all);
  }
  const std::uint64_t end = axis_end(most);
  const double width = kPlotWidth / static_cast<double>(hours);
  Markup drawn = axes(first, hours, end);
  for (const PlottedSeries& each : series) {
    std::string path;
    for (std::size_t at = 0; at < hours; ++at) {
      if (each.counts[at] == 0) continue;
      const double from = y_of(below[at], end), to = y_of(below[at] += each.counts[at], end);
      path.append("M").append(px(x_of(at, hours) + width * 0.1)).append(" ").append(px(from)).append("V");
      path.append(px(to)).append("h").append(px(width * 0.8)).append("V").append(px(from)).append("z");
    }
    if (!path.empty()) drawn += html("<path class=\"{}\" d=\"{}\"/>\n", each.look, path);
  }
  drawn += told(first, series);
  return picture(title, series, drawn);
}

Markup lines(std::string_view title, store::Hour first, const std::vector<PlottedSeries>& series) {
  const std::size_t hours = series.front().counts.size();
  std::uint64_t most = 0;
  for (const PlottedSeries& each : series)
    for (const std::uint64_t count : each.counts) most = std::max(most, count);
  const std::uint64_t end = axis_end(most);
  Markup drawn = axes(first, hours, end);
  for (const PlottedSeries& each : series) {
    std::string path;
    for (std::size_t at = 0; at < hours; ++at)
      path.append(at == 0 ? "M" : "L")
          .append(px(x_of(at, hours) + kPlotWidth / static_cast<double>(hours) / 2))
          .append(" ")
          .append(px(y_of(each.counts[at], end)));
    drawn += html("<path class=\"line {}\" d=\"{}\"/>\n", each.look, path);
  }
  drawn += told(first, series);
  return picture(title, series, drawn);
}

Markup table_bar(std::uint64_t value, std::uint64_t most, std::string_view look) {
  const double part = most == 0 ? 0 : 100 * static_cast<double>(value) / static_cast<double>(most);
  return html(
      "<svg class=\"bar\" aria-hidden=\"true\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\"><rect class=\"{}\" "
      "width=\"{}\" height=\"6\" rx=\"1\"/></svg>",
      look, px(std::max(part, value > 0 ? 0.5 : 0.0)));
}

}  // namespace maildrop::api
