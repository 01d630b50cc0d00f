/// report_tuning.cc: a table of comments, and tables of TOML.
#include "replay/report_tuning.h"

#include <algorithm>
#include <utility>

#include "api/page.h"
#include "core/text.h"
#include "filter/scoring.h"
#include "replay/report_table.h"
#include "replay/report_values.h"
#include "replay/report_words.h"

namespace maildrop::replay {

namespace {

using api::with_commas;
using Json = ReportJson;

/// Lines as comments, none of which ends early: names of files and scripts may hold anything.
std::string comment(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) out += line.empty() ? "#\n" : "# " + terminal_safe(line) + "\n";
  return out;
}

std::string part_text(double part) { return format_number(filter::rounded_score(part * 100 * 100) / 100) + " %"; }

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

struct Figures {
  const char* name;
  const TunedFigures* figures;
};

std::vector<Figures> all_of(const Tuning& tuning) {
  return {{"as they are", &tuning.before}, {"moved", &tuning.moved}, {"fitted", &tuning.after}};
}

std::string figures(const Tuning& tuning) {
  TextTable table;
  table.add({"", "", "95 % within", ""});
  for (std::size_t i = 0; i < tuning.options.thresholds.size(); ++i) {
    const auto& [does, score] = tuning.options.thresholds[i];
    const auto add = [&table](const std::string& name, const Rate& rate) {
      table.add({name, percent(rate), percent_range(rate), with_commas(rate.hits) + " of " + with_commas(rate.of)});
    };
    table.add({"spam at " + does + " = " + format_number(score), "", "", ""});
    for (const auto& [name, each] : all_of(tuning)) add(std::string("  ") + name, each->at[i].recall);
    table.add({"ham at " + does + " = " + format_number(score), "", "", ""});
    for (const auto& [name, each] : all_of(tuning)) add(std::string("  ") + name, each->at[i].false_positives);
  }
  table.add({"ROC area", "", "", ""});
  for (const auto& [name, each] : all_of(tuning)) {
    const auto area = roc_area(each->spam, each->ham);
    if (area)
      table.add({std::string("  ") + name, fixed(area->value, 4),
                 fixed(area->interval.low, 4) + " to " + fixed(area->interval.high, 4), ""});
  }
  std::string text = table.text();
  text.pop_back();
  return comment(text);
}

std::string changes(const Tuning& tuning) {
  std::string out;
  for (const auto& [label, found] : {std::pair{"spam", tuning.spam_changed}, {"ham", tuning.ham_changed}})
    out += comment(std::string(label) + " at " + tuning.options.thresholds[0].does +
                   ", fitted against as they are: " + with_commas(found.better) + " right now, " +
                   with_commas(found.worse) + " wrong now, p " + fixed(found.p_value(), 4));
  return out;
}

/// `2 now; by fold 0.5 to 0.7; found in 812 spam, 3 ham`
std::string about(const Tuning::Weight& weight) {
  return (weight.counted ? format_number(weight.before) + " now" : std::string("only observed now")) + "; by fold " +
         format_number(weight.low) + " to " + format_number(weight.high) + "; gave a score to " +
         with_commas(weight.spam) + " spam, " + with_commas(weight.ham) + " ham";
}

/// What is only observed, and is worth nothing, goes on being observed.
bool is_left(const Tuning::Weight& weight) { return !weight.counted && weight.after == 0; }

std::string tables(const Tuning& tuning) {
  std::string out, scripts;
  for (const Tuning::Weight& weight : tuning.weights) {
    if (is_left(weight)) {
      out += "\n" + comment(weight.name + ": observed, and worth nothing beside the others; gave a score to " +
                            with_commas(weight.spam) + " spam, " + with_commas(weight.ham) + " ham");
    } else if (weight.script) {
      scripts +=
          comment("  " + weight.name + ": weight = " + format_number(weight.after) + "  (" + about(weight) + ")");
    } else {
      out += "\n[filter." + weight.name + "]\n";
      if (!weight.counted) out += "mode = \"score\"\n";
      out += "weight = " + format_number(weight.after) + "  # " + about(weight) + "\n";
    }
  }
  if (!scripts.empty())
    out += "\n" +
           comment("The figures count on these, too. Scripts have their weight, and mode, in their own filter { }:") +
           scripts;
  return out;
}

std::string head(const TuningReport& report) {
  const Tuning& tuning = report.tuning;
  const auto& [does, score] = tuning.options.thresholds[0];
  std::string out = "Weights of filters, fitted by maildrop " + report.version + ": " +
                    plural_of(tuning.spam, "spam", "spam") + " and " + plural_of(tuning.ham, "ham", "ham") +
                    ",\nof which " + with_commas(tuning.different_spam) + " and " + with_commas(tuning.different_ham) +
                    " differ, in " + std::to_string(tuning.folds) + " folds; pull " + format_number(tuning.pull) +
                    ".\n";
  out += "Judged by " + (report.config.empty() ? std::string("the defaults") : report.config) + ". For filter." + does +
         " = " + format_number(score) + " as it is, and " + part_text(tuning.options.most_false) +
         " of the ham there at most.\n";
  if (report.decided_spam + report.decided_ham > 0)
    out += "Not among them, as no sum decides on it: " + with_commas(report.decided_spam) + " spam, " +
           with_commas(report.decided_ham) + " ham.\n";
  if (report.unlabelled > 0) out += "Without a label: " + plural_of(report.unlabelled, "message", "messages") + ".\n";
  if (!tuning.unchanged.empty()) out += "Not fitted, and count as they do: " + listed(tuning.unchanged) + ".\n";
  if (!tuning.silent.empty()) out += "Gave no message a score: " + listed(tuning.silent) + ".\n";
  out +=
      "\nWhat reaches a threshold, each fold by weights that come of the others. As they are: by\n"
      "the weights in force; moved: by these times " +
      fixed(tuning.move, 2) + ", for the same rate of ham; fitted: by new ones.\n";
  return comment(out);
}

Json figures_json(const Tuning& tuning, const TunedFigures& figures) {
  Json out;
  out["thresholds"] = Json::object();
  for (std::size_t i = 0; i < tuning.options.thresholds.size(); ++i)
    out["thresholds"][tuning.options.thresholds[i].does] = Json{
        {"recall", rate_json(figures.at[i].recall)}, {"false_positives", rate_json(figures.at[i].false_positives)}};
  out["roc_area"] = area_json(roc_area(figures.spam, figures.ham));
  return out;
}

Json names(const std::vector<std::string>& all) {
  Json out = Json::array();
  for (const std::string& each : all) out.push_back(valid_utf8(each));
  return out;
}

}  // namespace

std::string tuning_toml(const TuningReport& report) {
  return head(report) + figures(report.tuning) + changes(report.tuning) + tables(report.tuning);
}

std::string tuning_json(const TuningReport& report) {
  const Tuning& tuning = report.tuning;
  Json out;
  out["schema"] = "maildrop.tuning/1";
  out["version"] = valid_utf8(report.version);
  out["config"] = report.config.empty() ? Json() : Json(valid_utf8(report.config));
  out["thresholds"] = Json::object();
  for (const auto& [does, score] : tuning.options.thresholds) out["thresholds"][does] = value_json(score);
  out["max_false_positives"] = value_json(tuning.options.most_false);
  out["spam"] = tuning.spam;
  out["ham"] = tuning.ham;
  out["different_spam"] = tuning.different_spam;
  out["different_ham"] = tuning.different_ham;
  out["decided_spam"] = report.decided_spam;
  out["decided_ham"] = report.decided_ham;
  out["unlabelled"] = report.unlabelled;
  out["folds"] = tuning.folds;
  out["pull"] = value_json(tuning.pull);
  out["weights"] = Json::array();
  for (const Tuning::Weight& each : tuning.weights)
    out["weights"].push_back(Json{{"filter", valid_utf8(each.name)},
                                  {"script", each.script},
                                  {"counted", each.counted},
                                  {"before", value_json(each.before)},
                                  {"after", value_json(each.after)},
                                  {"low", value_json(each.low)},
                                  {"high", value_json(each.high)},
                                  {"spam", each.spam},
                                  {"ham", each.ham}});
  out["silent"] = names(tuning.silent);
  out["unchanged"] = names(tuning.unchanged);
  out["before"] = figures_json(tuning, tuning.before);
  out["moved"] = figures_json(tuning, tuning.moved);
  out["moved"]["times"] = value_json(tuning.move);
  out["after"] = figures_json(tuning, tuning.after);
  out["changed"] =
      Json{{"spam", disagreement_json(tuning.spam_changed)}, {"ham", disagreement_json(tuning.ham_changed)}};
  return out.dump() + "\n";
}

}  // namespace maildrop::replay
