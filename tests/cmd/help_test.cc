/// help_test.cc: every command says what it is for, and its help begins with three examples.
#include "help.h"

#include <catch2/catch.hpp>
#include <set>

#include "command.h"
#include "generate.h"
#include "whole.h"

namespace maildrop::cmd {
namespace {

void check(const CommandText& command) {
  CAPTURE(command.full_name());
  CHECK(command.examples.size() == 3);
  for (const std::string& example : command.examples) {
    CHECK_THAT(example, Catch::Contains(command.path.size() == 1 ? "maildrop" : command.path[0] + " "));
  }
  CHECK(command.summary.size() > 10);
  CHECK(command.summary.back() == '.');
  for (const OptionText& option : command.options) {
    CAPTURE(option.spelled());
    CHECK(option.help.size() > 5);
    CHECK(option.help.back() == '.');
  }
  for (const CommandText& sub : command.commands) check(sub);
}

TEST_CASE("each command has three examples and each option a sentence") { check(test::whole_tree()); }

TEST_CASE("help begins with the examples") {
  Tree tree;
  build(tree);
  CHECK(tree.app.help().rfind("Examples:\n  maildrop ", 0) == 0);
  const std::string inbox = tree.app.get_subcommand("inbox")->help();
  CHECK(inbox.rfind("Examples:\n  maildrop inbox bob", 0) == 0);
  CHECK_THAT(inbox, Catch::Contains("Usage: maildrop inbox [OPTION]... NAME [ID]...\n"));
  CHECK_THAT(inbox, Catch::Contains("--wait[=TIME]"));
  CHECK_THAT(inbox, Catch::Contains("Global options:\n  --config FILE"));
}

TEST_CASE("hidden commands are told nowhere") {
  for (const CommandText& command : test::whole_tree().commands) CHECK(command.path.back() != "generate");
}

// Fish steps over values by name alone on its way to a command, so there a name takes one everywhere or nowhere. Behind
// the last command it may differ: inbox -n 5, purge -n.
TEST_CASE("a name that may stand before a command takes a value everywhere or nowhere") {
  std::set<std::string> valued, bare;
  const CommandText root = test::whole_tree();
  std::vector<const CommandText*> all = {&root};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const CommandText& sub : all[i]->commands) all.push_back(&sub);
    for (const OptionText& option : all[i]->options) {
      for (const std::string& name : option.names) {
        if (option.takes_value()) {
          valued.insert(name);
        } else if (!all[i]->commands.empty()) {
          bare.insert(name);
        }
      }
    }
  }
  for (const std::string& name : bare) CHECK(valued.count(name) == 0);
}

TEST_CASE("a note is the first sentence") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"One. Two.", "One"}, {"One; two.", "One"}, {"See x.toml. Two.", "See x.toml"}, {"One", "One"}, {"", ""}};
  for (const auto& [help, note] : rows) CHECK(brief(help) == note);
}

}  // namespace
}  // namespace maildrop::cmd
