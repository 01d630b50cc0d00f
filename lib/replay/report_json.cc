/// report_json.cc: all figures, one object on one line, schema `maildrop.replay/1`.
#include <algorithm>

#include "core/text.h"
#include "replay/labels.h"
#include "replay/report_comparison.h"
#include "replay/report_values.h"
#include "replay/report_words.h"

namespace maildrop::replay {

namespace {

using Json = ReportJson;

std::string key(Label label) { return label == Label::none ? "none" : std::string(name_of(label)); }

Json per_label(const PerLabel& counts) {
  Json out;
  for (const Label label : kAllLabels) out[key(label)] = counts[place_of(label)];
  return out;
}

Json labels(const Summary& summary) {
  Json out;
  for (const Label label : kAllLabels) {
    Json& each = out[key(label)];
    each["messages"] = summary.count(label);
    for (std::size_t fate = 0; fate < kFates; ++fate)
      each[std::string(kFateNames[fate])] = summary.count(label, static_cast<Fate>(fate));
  }
  return out;
}

Json confusion(const Confusion& all) {
  const auto row = [](const Confusion::Row& each) {
    return Json{{"caught", each.caught}, {"deferred", each.deferred}, {"passed", each.passed}};
  };
  return Json{{"spam", row(all.spam)}, {"ham", row(all.ham)}};
}

Json measures(const Summary& summary) {
  const Confusion all = summary.confusion();
  Json out;
  out["recall"] = rate_json(all.recall());
  out["precision"] = rate_json(all.precision());
  out["false_positives"] = rate_json(all.false_positives());
  out["spam_deferred"] = rate_json(all.spam_deferred());
  out["ham_deferred"] = rate_json(all.ham_deferred());
  const auto f1 = all.f1();
  out["f1"] = f1 ? value_json(*f1) : Json();
  out["roc_area"] = area_json(roc_area(summary.scores_of(Label::spam), summary.scores_of(Label::ham)));
  return out;
}

Json filters(const Summary& summary) {
  Json out = Json::array();
  for (std::size_t at = 0; at < summary.filters.size(); ++at) {
    const FilterSummary& each = summary.filters[at];
    PerLabel accepted{};
    for (const Label label : kAllLabels) accepted[place_of(label)] = summary.accepted_without(at, label);
    Json row;
    row["name"] = valid_utf8(each.name);
    row["hits"] = per_label(each.hits);
    row["unique"] = per_label(each.unique);
    row["saved"] = per_label(each.saved);
    row["accepted_without"] = per_label(accepted);
    row["confusion_without"] = confusion(summary.confusion_without(at));
    row["failed"] = each.failed;
    out.push_back(std::move(row));
  }
  return out;
}

/// Rows of score, spam, ham, and what has no label: by them a ROC can be drawn. The first and the last possible, 50.01
/// from 0, stand for all beyond.
Json scores(const Summary& summary) {
  Json out = Json::array();
  for (std::size_t bin = 0; bin < ScoreHistogram::kBins; ++bin) {
    Json row = Json::array({rounded(ScoreHistogram::hundredths(bin) / 100.0, 2)});
    std::uint64_t any = 0;
    for (const Label label : kAllLabels) {
      row.push_back(summary.scores_of(label).at(bin));
      any += summary.scores_of(label).at(bin);
    }
    if (any > 0) out.push_back(std::move(row));
  }
  return out;
}

Json slot(const Timeline::Slot& each) {
  return Json{{"messages", per_label(each.all)}, {"caught", per_label(each.caught)}};
}

Json timeline(const Timeline::View& view) {
  Json out;
  out["begins"] = view.slots.empty() ? Json() : Json(rfc3339(view.first));
  out["slot_seconds"] = view.width.count() / 1000;
  out["slots"] = Json::array();
  for (const auto& each : view.slots) out["slots"].push_back(slot(each));
  out["before"] = slot(view.before);
  out["after"] = slot(view.after);
  out["undated"] = slot(view.undated);
  return out;
}

Json mistakes(const Summary& summary, const std::vector<Mistake>& named) {
  Json out = Json::array();
  for (const Mistake& each : named) {
    Json row;
    row["name"] = valid_utf8(each.name);
    row["fate"] = kFateNames[place_of(each.fate)];
    row["by"] = valid_utf8(each.by);
    row["score"] = value_json(each.score);
    row["reasons"] = Json::array();
    for (const auto& reason : each.reasons)
      row["reasons"].push_back(Json{{"filter", valid_utf8(summary.filters[reason.filter].name)},
                                    {"score", value_json(reason.score)},
                                    {"counts", reason.counts},
                                    {"reason", valid_utf8(reason.text)}});
    out.push_back(std::move(row));
  }
  return out;
}

Json verdict(const Verdict& of) {
  return Json{{"fate", kFateNames[place_of(of.fate)]}, {"by", valid_utf8(of.by)}, {"score", value_json(of.score)}};
}

Json comparison(const Comparison& all) {
  Json out;
  out["compared"] = all.compared;
  out["changed"] = all.changed;
  out["unknown"] = all.unknown;
  out["spam"] = disagreement_json(all.disagreement(Label::spam));
  out["ham"] = disagreement_json(all.disagreement(Label::ham));
  out["both"] = disagreement_json(all.disagreement());
  out["changes"] = Json::array();
  for (const Change& each : all.named) {
    Json row;
    row["name"] = valid_utf8(each.name);
    row["label"] = key(each.label);
    row["before"] = verdict(each.before);
    row["after"] = verdict(each.after);
    row["reasons"] = Json::array();
    for (const std::string& reason : each.reasons) row["reasons"].push_back(valid_utf8(reason));
    out["changes"].push_back(std::move(row));
  }
  return out;
}

Json cost(const Costs::Row& row) {
  return Json{{"asked", row.spread.count()},
              {"mean", rounded(row.mean(), 3)},
              {"p50", rounded(row.spread.percentile(0.5), 3)},
              {"p99", rounded(row.spread.percentile(0.99), 3)},
              {"max", rounded(row.spread.max(), 3)}};
}

Json timing(const Report& report) {
  const auto& [seconds, costs] = *report.timing;
  Json out;
  out["seconds"] = rounded(seconds, 3);
  out["messages_per_second"] = rounded(seconds > 0 ? static_cast<double>(report.summary.messages) / seconds : 0, 1);
  out["message_ms"] = cost(costs.messages());
  out["filters_ms"] = Json::object();
  for (std::size_t at = 0; at < std::min(costs.filters().size(), report.summary.filters.size()); ++at)
    out["filters_ms"][valid_utf8(report.summary.filters[at].name)] = cost(costs.filters()[at]);
  return out;
}

std::string write_json(const Report& report) {
  const Summary& summary = report.summary;
  Json out;
  out["schema"] = "maildrop.replay/1";
  out["version"] = valid_utf8(report.version);
  out["config"] = report.config.empty() ? Json() : Json(valid_utf8(report.config));
  out["thresholds"] = Json::object();
  for (const auto& [does, score] : report.thresholds) out["thresholds"][valid_utf8(does)] = value_json(score);
  out["sources"] = report.sources;
  out["messages"] = summary.messages;
  out["bytes"] = summary.bytes;
  out["interrupted"] = report.interrupted;
  out["broken"] = report.broken;
  out["troubles"] = Json::array();
  for (const auto& [name, what] : report.troubles)
    out["troubles"].push_back(
        Json{{"name", name.empty() ? Json() : Json(valid_utf8(name))}, {"what", valid_utf8(what)}});
  out["labels"] = labels(summary);
  out["confusion"] = confusion(summary.confusion());
  out["measures"] = measures(summary);
  out["decided_by"] = Json::object();
  for (const auto& [name, counts] : summary.decided_by) out["decided_by"][valid_utf8(name)] = per_label(counts);
  out["filters"] = filters(summary);
  out["false_positives"] = mistakes(summary, summary.false_positives);
  out["false_negatives"] = mistakes(summary, summary.false_negatives);
  out["scores"] = scores(summary);
  out["timeline"] = timeline(summary.timeline.view());
  if (report.comparison) out["comparison"] = comparison(*report.comparison);
  if (report.timing) out["timing"] = timing(report);
  return out.dump() + "\n";
}

}  // namespace

std::string comparison_json(const Comparison& all) {
  Json out;
  out["schema"] = "maildrop.comparison/1";
  out.update(comparison(all));
  return out.dump() + "\n";
}

extern const ReportKind json_report;
const ReportKind json_report{"json", "all figures, as one object (maildrop.replay/1)", write_json};

}  // namespace maildrop::replay
