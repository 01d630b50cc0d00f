/// filter_models_test.cc: maildrop filter models: lists what a store has learnt, and removes it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "capture.h"
#include "run_words.h"

namespace maildrop::cmd {
namespace {

/// A store with two models, closed.
struct LearntStore {
  LearntStore() {
    const SystemClock clock;
    store::OpenOptions options = store::open_options(Config{}, url(), clock);
    options.role = store::Role::writer;
    const auto store = store::open_store(options);
    REQUIRE(store);
    REQUIRE((*store)->models().put("bayes", std::string(3000, 'x'), 1'700'000'000'000));
    REQUIRE((*store)->models().put("other", ""));
  }
  std::string url() const { return "sqlite:" + (folder / "mail.db"); }

  /// `maildrop filter models WORDS`
  test::Ran models(std::vector<std::string> words, std::string at = {}) const {
    words.insert(words.begin(), {"filter", "models", "--set", "store.url=" + (at.empty() ? url() : at)});
    return test::run_words(words);
  }

  test::Folder folder;
};

}  // namespace

TEST_CASE("filter models: lists what there is, for people and for programs") {
  const LearntStore learnt;
  const test::Ran table = learnt.models({});
  CHECK(table.status == exit_ok);
  CHECK(table.err.empty());
  CHECK(table.out.find("NAME   SIZE  PUT\nbayes  2.9K  2023-11-14T22:13:20.000Z\nother     0  20") == 0);
  const test::Ran lines = learnt.models({"--json"});
  const auto first = nlohmann::json::parse(lines.out.substr(0, lines.out.find('\n')));
  CHECK(first == nlohmann::json{{"schema", "maildrop.model/1"},
                                {"name", "bayes"},
                                {"version", 1'700'000'000'000},
                                {"put", "2023-11-14T22:13:20.000Z"},
                                {"size", 3000},
                                {"removed", false}});
}

TEST_CASE("filter models: removes those that are named, and no other") {
  const LearntStore learnt;
  CHECK(learnt.models({"--remove", "No Name"}).status == exit_usage);
  const test::Ran none = learnt.models({"--remove", "none"});
  CHECK(none.status == exit_nothing);
  CHECK(none.out.empty());
  CHECK(none.err.find("has no model 'none'") != std::string::npos);
  const test::Ran removed = learnt.models({"--remove", "bayes"});
  CHECK(removed.status == exit_ok);
  CHECK(removed.out == "removed bayes\n");
  const std::string left = learnt.models({}).out;
  CHECK(left.find("bayes") == std::string::npos);
  CHECK(left.find("other") != std::string::npos);
  // One of two is not there any more: the other goes, and the status tells.
  const test::Ran both = learnt.models({"--json", "--remove", "bayes", "--remove", "other"});
  CHECK(both.status == exit_nothing);
  CHECK(nlohmann::json::parse(both.out)["removed"] == true);
  CHECK(nlohmann::json::parse(both.out)["name"] == "other");
  const test::Ran empty = learnt.models({});
  CHECK(empty.status == exit_nothing);
  CHECK(empty.out == "nothing was learnt\n");
}

TEST_CASE("filter models: a store that is not there is told, and not made") {
  const LearntStore learnt;
  CHECK(learnt.models({}, "sqlite:" + (learnt.folder / "no.db")).status == exit_no_input);
  CHECK(learnt.models({}, "memory:").status == exit_no_input);
}

}  // namespace maildrop::cmd
