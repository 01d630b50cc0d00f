/// parse_test.cc: every wrong command line is 64 with a word that helps; every right one finds its command.
#include <catch2/catch.hpp>

#include "capture.h"
#include "command.h"

namespace maildrop::cmd {
namespace {

using Words = std::vector<std::string>;

struct Parsed {
  std::optional<int> status;
  std::string out, err;
  Globals globals;
  bool chosen = false;
};

Parsed parsed(const Words& words) {
  Tree tree;
  build(tree);
  const test::Capture out(1), err(2);
  Parsed outcome;
  outcome.status = parse(tree, words);
  outcome.out = out.text();
  outcome.err = err.text();
  outcome.globals = tree.globals;
  outcome.chosen = static_cast<bool>(tree.chosen);
  return outcome;
}

TEST_CASE("wrong command lines are 64 and say why") {
  struct Row {
    Words words;
    std::string says;
  };
  const std::vector<Row> rows = {
      {{}, "Usage: maildrop"},
      {{"inbxo", "bob"}, "unknown command 'inbxo'; did you mean 'inbox'?"},
      {{"serve-smpt"}, "unknown command 'serve-smpt'; did you mean 'serve-smtp'?"},
      {{"zzzzzz"}, "unknown command 'zzzzzz'\n"},
      {{"--confgi", "x"}, "unknown option '--confgi'; did you mean '--config'?"},
      {{"inbox", "bob", "--jsno"}, "unknown option '--jsno'; did you mean '--json'?"},
      {{"inbox", "--jsno"}, "unknown option '--jsno'; did you mean '--json'?"},
      {{"inbox", "bob", "--follwo=1"}, "unknown option '--follwo'; did you mean '--follow'?"},
      {{"inbox"}, "NAME is required"},
      {{"inbox", "bob", "-n", "x"}, "--limit: 'x' is no whole number above 0"},
      {{"inbox", "bob", "-n", "0"}, "--limit: '0' is no whole number above 0"},
      {{"inbox", "bob", "-n", "-1"}, "--limit: '-1' is no whole number above 0"},
      {{"inbox", "bob", "-n", "4294967296"}, "--limit: '4294967296' is no whole number above 0"},
      {{"inbox", "bob", "-n", "1", "-n", "2"}, "--limit may be given once"},
      {{"inbox", "bob", "-n"}, "--limit needs a value: N"},
      {{"inbox", "bob", "-o", ""}, "--output: the name of a file is needed"},
      {{"inbox", "bob", "--json=x"}, "--json takes no value"},
      {{"inbox", "bob", "--color", "blue"}, "'blue' is none of auto, always, never"},
      {{"inbox", "bob", "--quarantined", "--config", "x"},
       "--quarantined: needs one of hidden, shown, only: '--config' is an option"},
      {{"inbox", "bob", "--wait=3"}, "--wait"},
      {{"inbox", "bob", "-g", "("}, "--grep"},
      {{"config"}, "which one? check, show, defaults"},
      {{"config", "shwo"}, "unknown command 'shwo'; did you mean 'show'?"},
      {{"config", "check", "extra"}, "see maildrop config check --help"},
      {{"version", "extra"}, "unexpected 'extra'"},
      {{"--set"}, "--set needs a value: KEY=VALUE"},
      {{"inbox", "bob", "--config"}, "--config needs a value: FILE"},
      {{"\x1b]0;x\x07"}, "unknown command"},
  };
  for (const Row& row : rows) {
    const Parsed outcome = parsed(row.words);
    CAPTURE(row.words, outcome.err);
    CHECK(outcome.status == exit_usage);
    CHECK_THAT(outcome.err, Catch::Contains(row.says));
    CHECK(outcome.out.empty());
    CHECK(outcome.err.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("help and version are 0 and on standard output") {
  for (const Words& words :
       {Words{"--help"}, Words{"-h"}, Words{"inbox", "--help"}, Words{"config", "show", "-h"}, Words{"--version"}}) {
    const Parsed outcome = parsed(words);
    CAPTURE(words);
    CHECK(outcome.status == exit_ok);
    CHECK(outcome.err.empty());
    CHECK_THAT(outcome.out, Catch::Contains("maildrop"));
  }
}

TEST_CASE("global options stand before and after the command") {
  for (const Words& words : {Words{"--config", "x.toml", "--set", "a=1", "--set", "b=[2]", "config", "check"},
                             Words{"config", "--set=a=1", "--config=x.toml", "check", "--set", "b=[2]"},
                             Words{"config", "check", "--set", "a=1", "--set", "b=[2]", "--config", "x.toml"}}) {
    const Parsed outcome = parsed(words);
    CAPTURE(words, outcome.err);
    CHECK(outcome.chosen);
    CHECK(outcome.status == std::nullopt);
    CHECK(outcome.globals.config_file == "x.toml");
    CHECK(outcome.globals.sets == Words{"a=1", "b=[2]"});
  }
}

TEST_CASE("an inbox may be called like a command") {
  for (const Words& words : {Words{"inbox", "config"}, Words{"inbox", "inbox", "latest"}, Words{"inbox", "--", "-x"},
                             Words{"inbox", "bob", "--delete", "-"}, Words{"inbox", "bob", "--wait", "latest"}}) {
    const Parsed outcome = parsed(words);
    CAPTURE(words, outcome.err);
    CHECK(outcome.chosen);
    CHECK(outcome.status == std::nullopt);
  }
}

TEST_CASE("errors have one status each") {
  const std::vector<std::pair<Code, int>> rows = {
      {Code::invalid, 65},   {Code::not_found, 66}, {Code::over_limit, 75}, {Code::unavailable, 69},
      {Code::timed_out, 75}, {Code::corrupt, 74},   {Code::internal, 70},
  };
  for (const auto& [code, status] : rows) {
    CHECK(exit_for({code, ""}) == status);
    CHECK(is_transient(code) == (status != exit_data && status != exit_no_input));
  }
}

TEST_CASE("what is reported is safe for a terminal, line by line") {
  const test::Capture err(2);
  CHECK(report({Code::invalid, "one\n\x1b[2Jtwo\n"}) == 65);
  CHECK(err.text() == "maildrop: one\nmaildrop: \xef\xbf\xbd[2Jtwo\n");
}

}  // namespace
}  // namespace maildrop::cmd
