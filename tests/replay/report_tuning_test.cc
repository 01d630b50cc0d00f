/// report_tuning_test.cc: the file of weights is one that settings take, and says what they are worth.
#include "replay/report_tuning.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/config.h"
#include "replay/folder.h"
#include "tuning_kit.h"

using namespace maildrop;
using namespace maildrop::replay;

namespace {

TuningReport made() {
  using tuning_kit::tunable;
  const Examples examples = tuning_kit::examples_of(
      {{2, 70, 2}, {1.5, 50, 10}, {1, 3, 60}, {1, 60, 5}, {1, 0, 0}, {1, 5, 5}, {1, 5, 60}}, 150, 200);
  std::vector<Tunable> filters = {tunable("dnsbl"),         tunable("helo", 1, false),
                                  tunable("spf"),           tunable("my_script", 6),
                                  tunable("urls"),          tunable("reputation", 1, true, false),
                                  tunable("dkim", 1, false)};
  filters[3].script = true;
  filters[3].of_script = 2;
  auto tuning = tune(examples, filters, {.thresholds = {{"tag", 5}}}, tuning_kit::go_on);
  REQUIRE(tuning);
  return {std::move(*tuning), "1.2.3", "a\nweight = 7.toml", 12, 3, 1};
}

const TuningReport& report() {
  static const TuningReport once = made();
  return once;
}

bool has(const std::string& text, const std::string& part) {
  if (text.find(part) != text.npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

}  // namespace

TEST_CASE("report_tuning: settings take it as it stands") {
  const TuningReport& told = report();
  const std::string text = tuning_toml(told);
  const test::Folder folder;
  const auto loaded = load_config({folder.file("weights.toml", text), {}, {}});
  if (!loaded) FAIL(loaded.error().what << text);
  const FilterSettings& filter = loaded->config.filter;
  CHECK(filter.dnsbl.weight == told.tuning.weights[0].after);
  CHECK(filter.helo.weight == told.tuning.weights[1].after);
  CHECK(filter.helo.mode == FilterUse::Mode::score);
  CHECK(filter.spf.weight == 0);
  CHECK(loaded->origins.count("filter.dkim.weight") + loaded->origins.count("filter.tag") > 0);
  CHECK(filter.dkim.weight == 1);
  CHECK(filter.reputation.weight == 1);
  CHECK(filter.lua.weight == 1);
}

TEST_CASE("report_tuning: says of what mail, and what it is worth") {
  const std::string text = tuning_toml(report());
  CHECK(has(text, "150 spam and 200 ham"));
  CHECK(has(text, "in 10 folds"));
  CHECK(has(text, "For filter.tag = 5 as it is, and 0.5 % of the ham there at most"));
  CHECK(has(text, "no sum decides on it: 12 spam, 3 ham"));
  CHECK(has(text, "Without a label: 1 message."));
  CHECK(has(text, "count as they do: reputation."));
  CHECK(has(text, "Gave no message a score: urls."));
  CHECK(has(text, "#   as they are"));
  CHECK(has(text, "of 150"));
  CHECK(has(text, "dkim: observed, and worth nothing"));
  CHECK(has(text, "#   my_script: weight = "));
  CHECK(has(text, "(3 now; by fold"));
}

TEST_CASE("report_tuning: JSON has the same") {
  const TuningReport& told = report();
  const auto json = nlohmann::json::parse(tuning_json(told));
  CHECK(json["schema"] == "maildrop.tuning/1");
  CHECK(json["spam"] == 150);
  CHECK(json["decided_ham"] == 3);
  CHECK(json["weights"][0]["filter"] == "dnsbl");
  CHECK(json["weights"][0]["after"] == told.tuning.weights[0].after);
  CHECK(json["weights"][3]["script"] == true);
  CHECK(json["after"]["thresholds"]["tag"]["recall"]["of"] == 150);
  CHECK(json["before"]["roc_area"]["value"] < json["after"]["roc_area"]["value"]);
  CHECK(json["max_false_positives"] == 0.005);
}
