/// report_html.cc: one file with plots, for a browser that may have no network: the pages' sheet is in it, nothing else
/// is loaded, and nothing runs.
#include <algorithm>
#include <span>

#include "api/page.h"
#include "api/page_assets.h"
#include "replay/report_comparison.h"
#include "replay/report_plots.h"
#include "replay/report_words.h"

namespace maildrop::replay {

namespace {

using api::html;
using api::Markup;
using api::with_commas;

/// What page.css has not.
constexpr std::string_view kSheet = R"(
main { max-width: 66rem; }
.top { max-width: 66rem; }
section { margin-top: 2.4rem; }
section > h2 { font-size: 1.35rem; margin-bottom: .6rem; }
h3 { font: 600 1.1rem/1.2 var(--serif); margin: 1.4rem 0 .5rem; }
.sums { grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); }
.sums small { display: block; font-size: .82rem; }
td.number, th.number { white-space: nowrap; min-width: 0; }
td.words { min-width: 13rem; }
td.judged { min-width: 7rem; }
td.drawn { width: 22%; min-width: 6rem; padding-top: .6rem; }
td.drawn svg + svg { margin-top: .2rem; }
td ul { list-style: none; margin: 0; padding: 0; }
caption { text-align: left; padding: .6rem .8rem .2rem; font-weight: 600; }
details { margin: .6rem 0; }
summary { cursor: pointer; color: var(--accent); padding: .2rem 0; }
.pale { opacity: .4; }
.other { fill: var(--other); background: var(--other); }
.plot .from, .square .from { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 4 3; fill: none; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem; padding: .6rem; }
.square { flex: 1 1 16rem; min-width: 0; max-width: 30rem; height: auto; }
.square text { font: 11px system-ui, sans-serif; fill: var(--quiet); }
.square .axis { stroke: var(--line); }
.here { fill: var(--refused); stroke: var(--card); stroke-width: 1.5; }
)";

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
    "http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<meta "
    "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
    "dark\">\n<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>Replay report – maildrop</title>\n<style>\n";

Markup operator+(Markup a, const Markup& b) { return a += b; }

Markup number(std::uint64_t value) { return html("<td class=\"number\">{}</td>", with_commas(value)); }

Markup numbers(const PerLabel& counts, const std::vector<Label>& labels) {
  Markup cells;
  for (const Label label : labels) cells += number(counts[place_of(label)]);
  return cells;
}

Markup name_head(std::string_view text) { return html("<th scope=\"col\">{}</th>", text); }
Markup number_head(std::string_view text) { return html("<th scope=\"col\" class=\"number\">{}</th>", text); }

Markup heads_of(const std::vector<Label>& labels, const std::string& before = {}) {
  Markup cells;
  for (const Label label : labels) cells += number_head(before + std::string(label_word(label)));
  return cells;
}

Markup row(std::string_view name, const Markup& cells) {
  return html("<tr><th scope=\"row\">{}</th>{}</tr>\n", name, cells);
}

/// In a frame that can be moved on a narrow screen, by keys as well.
Markup table(std::string_view title, const Markup& head, const Markup& rows) {
  return html(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n<thead><tr>{}</tr></thead>\n"
      "<tbody>\n{}</tbody></table></div>\n",
      title, head, rows);
}

Markup folded(std::string_view title, const Markup& what) {
  return html("<details><summary>{}</summary>\n{}</details>\n", title, what);
}

Markup section(std::string_view title, const Markup& what) {
  return html("<section>\n<h2>{}</h2>\n{}</section>\n", title, what);
}

Markup key_of(const std::vector<std::pair<std::string_view, std::string_view>>& looks) {
  Markup items;
  for (const auto& [look, text] : looks) items += html("<li><i class=\"{}\"></i>{}</li>", look, text);
  return html("<ul class=\"key\">{}</ul>\n", items);
}

/// The figures that one looks for first.
Markup sums(const Report& report) {
  Markup list = html("<li><b>{}</b>messages</li>\n", with_commas(report.summary.messages));
  for (const MeasureRow& each : measures_of(report.summary))
    if (each.name == "recall" || each.name == "false positives" || each.name == "precision" || each.name == "ROC area")
      list += html("<li><b>{}</b>{}<small>{}</small></li>\n", each.value, each.name, each.range);
  return html("<ul class=\"sums\">\n{}</ul>\n", list);
}

Markup fates_section(const Summary& summary) {
  Markup head = name_head("label") + number_head("messages");
  for (const std::string_view name : kFateNames) head += number_head(name);
  Markup rows;
  for (const Label label : labels_of(summary)) {
    Markup cells = number(summary.count(label));
    for (std::size_t fate = 0; fate < kFates; ++fate) cells += number(summary.count(label, static_cast<Fate>(fate)));
    rows += row(label_word(label), cells);
  }
  return table("What became of the mail", head, rows);
}

Markup measures_section(const Summary& summary) {
  Markup rows;
  for (const MeasureRow& each : measures_of(summary))
    rows += row(each.name, html("<td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>"
                                "<td class=\"words\">{}</td>",
                                each.value, each.range, each.of, each.meaning));
  if (rows.empty()) return html("<p class=\"quiet\">Nothing was labelled: there is nothing to compare with.</p>\n");
  return table("How good it was",
               name_head("figure") + number_head("value") + number_head("95 % within") + number_head("messages") +
                   name_head("meaning"),
               rows) +
         html("<p class=\"quiet\">{}</p>\n", kCaughtMeans);
}

Markup scores_section(const Report& report) {
  const DrawnScores drawn = drawn_scores(report.summary);
  if (drawn.empty()) return {};
  const std::vector<Label> labels = labels_of(report.summary);
  const bool labelled = labels.front() != Label::none;
  Markup rows;
  for (std::size_t bin = 0; bin < drawn.bins.size(); ++bin) {
    const PerLabel& counts = drawn.bins[bin];
    if (counts[0] + counts[1] + counts[2] == 0) continue;
    const int from = drawn.first + static_cast<int>(bin) * drawn.width;
    rows += row(score_text_of_hundredths(from) + " to " + score_text_of_hundredths(from + drawn.width - 1),
                numbers(counts, labels));
  }
  return section(
      "Scores",
      (labelled ? key_of({{"refused", "spam, above"}, {"stored", "ham, below"}}) : key_of({{"other", "no label"}})) +
          html("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Scores, drawn\">{}</div>\n<p "
               "class=\"quiet\">How many messages have which sum of scores; each line up is ten times as many.</p>\n",
               score_plot(report, drawn)) +
          folded("Scores as a table", table("Scores", name_head("score") + heads_of(labels), rows)));
}

Markup roc_section(const Summary& summary) {
  const auto points = roc_points(summary.scores_of(Label::spam), summary.scores_of(Label::ham));
  if (points.empty()) return {};
  Markup rows;
  for (const auto& [part, name] : {std::pair(0.0, "none"), std::pair(0.0005, "0.05 %"), std::pair(0.001, "0.1 %"),
                                   std::pair(0.005, "0.5 %"), std::pair(0.01, "1 %"), std::pair(0.05, "5 %")}) {
    const RocPoint& best = best_within(points, part);
    rows += row(name, html("<td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
                           "class=\"number\">{}</td>",
                           best.hundredths ? score_text_of_hundredths(*best.hundredths) : "–", percent(best.recall),
                           percent_range(best.recall), percent(best.false_positives)));
  }
  return section(
      "Spam and ham by score (ROC)",
      key_of({{"stored", "if all from a score on were caught"}, {"refused", "the configuration, with its filters"}}) +
          html("<div class=\"scroll\">{}</div>\n<p class=\"quiet\">By scores alone: up, the spam that would be caught; "
               "to the right, the ham that would be. The second is a corner of the first.</p>\n",
               roc_plots(summary, points)) +
          table("What a score could catch",
                name_head("ham caught at most") + number_head("from score") + number_head("spam caught") +
                    number_head("95 % within") + number_head("ham caught"),
                rows));
}

/// Two rows: what is counted, and of which label.
Markup filter_heads(const std::vector<Label>& labels) {
  Markup above, below;
  for (const char* what : {"hits", "alone", "accepted without it"}) {
    above += html("<th scope=\"colgroup\" class=\"number\" colspan=\"{}\">{}</th>", labels.size(), what);
    below += heads_of(labels);
  }
  return html(
      "<th scope=\"col\" rowspan=\"2\">filter</th><th scope=\"col\" rowspan=\"2\"><span class=\"hidden\">hits, "
      "drawn</span></th>{}<th scope=\"col\" class=\"number\" rowspan=\"2\">failed</th></tr>\n<tr>{}",
      above, below);
}

Markup filters_section(const Summary& summary) {
  const std::vector<std::size_t> busy = busy_filters(summary);
  const std::vector<Label> labels = told_labels(summary);
  const std::size_t idle = summary.filters.size() - busy.size();
  Markup rows;
  std::uint64_t most = 0;
  for (const std::size_t at : busy)
    for (const Label label : labels)
      most = std::max({most, summary.filters[at].hits[place_of(label)], summary.filters[at].unique[place_of(label)]});
  for (const std::size_t at : busy) {
    const FilterSummary& each = summary.filters[at];
    PerLabel without{};
    Markup bars;
    for (const Label label : labels) {
      without[place_of(label)] = summary.accepted_without(at, label);
      bars += filter_bar(each.hits[place_of(label)], each.unique[place_of(label)], most, label);
    }
    rows += row(each.name, html("<td class=\"drawn\">{}</td>", bars) + numbers(each.hits, labels) +
                               numbers(each.unique, labels) + numbers(without, labels) + number(each.failed));
  }
  Markup out;
  if (!busy.empty())
    out += html(
               "<p class=\"quiet\">Hits are messages of which a filter found something. Alone, the full part of a bar, "
               "are those that were not accepted and would have been without it.</p>\n") +
           (labels.front() == Label::none ? Markup() : key_of({{"refused", "spam"}, {"stored", "ham"}})) +
           table("Filters", filter_heads(labels), rows);
  if (idle > 0) out += html("<p class=\"quiet\">{} found nothing.</p>\n", plural_of(idle, "filter", "filters"));
  const std::vector<Label> all = labels_of(summary);
  Markup decided;
  for (const auto& [name, counts] : deciders(summary)) decided += row(name, numbers(counts, all));
  if (!decided.empty())
    out += html("<h3>What decided</h3>\n") +
           table("What decided", name_head("filter, or the sum of scores") + heads_of(all), decided);
  return out.empty() ? out : section("Filters", out);
}

Markup timeline_section(const Summary& summary) {
  const Timeline::View view = summary.timeline.view();
  if (view.slots.empty()) return {};
  const std::vector<Label> labels = labels_of(summary);
  Markup out = key_of({{"refused", "caught"}, {"stored", "not caught"}}), rows;
  for (const Label label : labels)
    out += html(
        "<figure>\n<figcaption>{}</figcaption>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"{} over time, drawn\">{}</div>\n</figure>\n",
        label_word(label), label_word(label), timeline_plot(view, label));
  const auto add = [&](const std::string& name, const Timeline::Slot& slot) {
    if (slot.messages() > 0) rows += row(name, numbers(slot.all, labels) + numbers(slot.caught, labels));
  };
  add("before", view.before);
  for (std::size_t i = 0; i < view.slots.size(); ++i)
    add(slot_text(view.first + view.width * i, view.width), view.slots[i]);
  add("after", view.after);
  add("no date", view.undated);
  const auto not_drawn = view.before.messages() + view.after.messages() + view.undated.messages();
  out += html("<p class=\"quiet\">By when mail came, in UTC; a bar is {}.{}</p>\n", width_text(view.width),
              not_drawn == 0
                  ? ""
                  : " Not drawn: " + plural_of(not_drawn, "message", "messages") + " with no date or one far off.");
  return section(
      "Over time",
      out + folded("Over time as a table",
                   table("Over time", name_head("from") + heads_of(labels) + heads_of(labels, "caught "), rows)));
}

constexpr std::size_t kMistakesOpen = 10;  // of either kind; the rest is folded

Markup mistake_table(const Summary& summary, std::string_view title, std::span<const Mistake> mistakes) {
  Markup rows;
  for (const Mistake& each : mistakes) {
    Markup why;
    for (const auto& reason : each.reasons) why += html("<li>{}</li>", reason_text(summary, reason));
    rows += html("<tr><td class=\"number\">{}</td><td class=\"words\">{}{}</td><td class=\"judged\">{}</td></tr>\n",
                 score_text(each.score), each.name, why.empty() ? why : html("<ul class=\"quiet\">{}</ul>", why),
                 judged(each));
  }
  return table(title, number_head("score") + name_head("message, and why") + name_head("judged"), rows);
}

Markup mistakes_section(const Summary& summary, std::string_view title, std::span<const Mistake> named,
                        std::uint64_t all) {
  if (all == 0) return {};
  const std::size_t open = std::min(named.size(), kMistakesOpen);
  Markup out = html("<p class=\"quiet\">{} in all{}.</p>\n", with_commas(all), open < all ? ", the first of them" : "");
  out += mistake_table(summary, title, named.first(open));
  if (const auto more = named.subspan(open); !more.empty())
    out += folded("The next " + std::to_string(more.size()),
                  mistake_table(summary, std::string(title) + ", the next", more));
  return section(title, out);
}

Markup broken_section(const Report& report) {
  if (report.troubles.empty()) return {};
  Markup rows;
  for (const auto& [name, what] : report.troubles)
    rows += html("<tr><td class=\"words\">{}</td><td class=\"words\">{}</td></tr>\n", name, what);
  return section("Could not be read", table("Could not be read", name_head("sample") + name_head("why"), rows));
}

Markup rows_of(std::string_view title, const TextRows& rows, std::size_t names) {
  if (rows.empty()) return {};
  Markup heads, body;
  for (std::size_t i = 0; i < rows.front().size(); ++i)
    heads += i < names ? name_head(rows.front()[i]) : number_head(rows.front()[i]);
  for (auto each = rows.begin() + 1; each != rows.end(); ++each) {
    Markup cells;
    for (std::size_t i = 0; i < each->size(); ++i)
      cells += i < names ? html("<td>{}</td>", (*each)[i]) : html("<td class=\"number\">{}</td>", (*each)[i]);
    body += html("<tr>{}</tr>\n", cells);
  }
  return table(title, heads, body);
}

Markup compared_section(const Report& report) {
  if (!report.comparison) return {};
  const Comparison& all = *report.comparison;
  Markup out = html("<p>{}. p is how likely so uneven a split is if both are equally good (McNemar).</p>\n",
                    comparison_headline(all));
  out += rows_of("Right and wrong", comparison_by_label(all), 1) + rows_of("From and to", comparison_by_fate(all), 2);
  Markup changes;
  for (const Change& each : all.named)
    changes += html("<tr><td>{}</td><td class=\"words\">{}</td><td class=\"words\">{}</td></tr>\n",
                    label_word(each.label), each.name, change_text(each));
  if (!changes.empty())
    out += folded(all.named.size() < all.changed ? "The first changes" : "The changes",
                  table("Changes", name_head("label") + name_head("message") + name_head("what and why"), changes));
  return section("Before and now", out);
}

Markup timing_section(const Report& report) {
  if (!report.timing) return {};
  const auto& [seconds, costs] = *report.timing;
  Markup rows;
  const auto add = [&rows](const std::string& name, const Costs::Row& cost) {
    if (cost.spread.count() == 0) return;
    Markup cells = number(cost.spread.count());
    for (const double figure :
         {cost.mean(), cost.spread.percentile(0.5), cost.spread.percentile(0.99), cost.spread.max()})
      cells += html("<td class=\"number\">{}</td>", fixed(figure, 3));
    rows += row(name, cells);
  };
  add("a message", costs.messages());
  for (std::size_t i = 0; i < std::min(costs.filters().size(), report.summary.filters.size()); ++i)
    add(report.summary.filters[i].name, costs.filters()[i]);
  const std::string rate = fixed(static_cast<double>(report.summary.messages) / std::max(seconds, 0.001), 1);
  Markup out = html("<p>{} s, {} messages a second.</p>\n", fixed(seconds, 1), rate);
  if (!rows.empty())
    out += table("Time",
                 name_head("milliseconds") + number_head("asked") + number_head("mean") + number_head("p50") +
                     number_head("p99") + number_head("max"),
                 rows);
  return section("Time", out);
}

std::string write_html(const Report& report) {
  const Summary& summary = report.summary;
  const Confusion all = summary.confusion();
  const std::string missing = what_is_missing(report);
  Markup main = html("<h1>Replay report</h1>\n<p>{}. Made by maildrop {}.</p>\n", headline(report), report.version);
  if (!missing.empty()) main += html("<p class=\"note\">{}</p>\n", missing);
  main += sums(report);
  if (summary.messages > 0)
    main += section("What became of the mail", fates_section(summary)) +
            section("How good it was", measures_section(summary));
  main += compared_section(report);
  main += scores_section(report);
  main += roc_section(summary);
  main += filters_section(summary);
  main += timeline_section(summary);
  main += timing_section(report);
  main += mistakes_section(summary, "Ham that was caught", summary.false_positives, all.ham.caught);
  main += mistakes_section(summary, "Spam that was accepted", summary.false_negatives, all.spam.passed);
  main += broken_section(report);
  std::string out(kHead);
  out.append(api::asset("page.css").bytes).append(kSheet).append("</style>\n</head>\n<body>\n");
  out += html(
             "<header class=\"top\"><span class=\"brand\"><svg aria-hidden=\"true\" viewBox=\"0 0 32 32\"><path "
             "class=\"drop\" d=\"M16 2c5 7 9 11 9 17a9 9 0 0 1-18 0c0-6 4-10 9-17z\"/><path class=\"flap\" d=\"M10 "
             "17l6 5 6-5\"/></svg>maildrop</span></header>\n<main>\n{}</main>\n</body>\n</html>\n",
             main)
             .take();
  return out;
}

}  // namespace

extern const ReportKind html_report;
const ReportKind html_report{"html", "one page with plots, for a browser without a network", write_html};

}  // namespace maildrop::replay
