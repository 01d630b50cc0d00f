/// generate_test.cc: manual and completions hold what the tree holds.
#include "generate.h"

#include <catch2/catch.hpp>

#include "command.h"
#include "whole.h"

namespace maildrop::cmd {
namespace {

const CommandText& command(const CommandText& root, const std::string& name) {
  for (const CommandText& each : root.commands) {
    if (each.path.back() == name) return each;
  }
  FAIL("no command " + name);
  return root;
}

/// A command of our own, with everything that needs escaping.
CommandText made_up() {
  CommandText text;
  text.path = {"maildrop", "it's"};
  text.summary = "It's a [test]: back\\slash.";
  OptionText option;
  option.names = {"-o", "--out"};
  option.value = "FILE";
  option.help = ".dot 'quoted' [x]: well-known -x. Second.";
  text.options.push_back(option);
  return text;
}

TEST_CASE("names and options of the manual") {
  const CommandText root = test::whole_tree();
  CHECK(man_head(command(root, "version")) ==
        ".SH NAME\nmaildrop\\-version \\- print the version, the compiler and the libraries\n.SH SYNOPSIS\n"
        "\\fBmaildrop version\\fR [\\fIOPTION\\fR]...\n");
  const std::string inbox = man_options(command(root, "inbox"));
  for (const OptionText& option : command(root, "inbox").options) {
    for (const std::string& name : option.names) {
      std::string roff;
      for (const char c : name) roff += c == '-' ? "\\-" : std::string(1, c);
      CHECK_THAT(inbox, Catch::Contains("\\fB" + roff + "\\fR"));
    }
  }
  CHECK_THAT(man_head(command(root, "config")), Catch::Contains("config check") && Catch::Contains("config defaults"));
  CHECK_THAT(man_options(command(root, "config")), Catch::Contains(".SS maildrop config show\n"));
  CHECK_THAT(man_commands(root),
             Catch::Contains(".BR maildrop\\-inbox (1)") && Catch::Contains(".BR maildrop\\-serve (8)"));
  CHECK_THAT(man_routes(api::routes()), Catch::Contains("/v2/mailbox/{name}/{id}") && Catch::Contains("\\fBGET\\fR"));
}

TEST_CASE("roff sees no request and no escape in our text") {
  const std::string page = man_head(made_up()) + man_options(made_up());
  CHECK_THAT(page, Catch::Contains("\\&.dot 'quoted' [x]: well-known \\-x. Second.\n"));
  CHECK_THAT(page, Catch::Contains("back\\eslash\n"));
}

TEST_CASE("shells see no end of a quote in our text") {
  CommandText root;
  root.path = {"maildrop"};
  root.commands.push_back(made_up());
  CHECK_THAT(fish_completion(root), Catch::Contains("-d '.dot \\'quoted\\' [x]: well-known -x'") ||
                                        Catch::Contains("-d '.dot \\'quoted\\' [x]'"));
  CHECK_THAT(zsh_completion(root), Catch::Contains("'(-o --out)--out=[.dot '\\''quoted'\\'' \\[x\\]]:FILE:_files'"));
  CHECK_THAT(bash_completion(root), Catch::Contains("options='-o --out'") && Catch::Contains("files='-o --out'"));
}

TEST_CASE("completions hold fixed values") {
  const CommandText root = test::whole_tree();
  CHECK_THAT(bash_completion(root), Catch::Contains("'maildrop inbox --color') echo 'auto always never' ;;"));
  CHECK_THAT(zsh_completion(root), Catch::Contains(":value:(auto always never)'"));
  CHECK_THAT(fish_completion(root), Catch::Contains("-l color -x -a 'auto always never'"));
}

}  // namespace
}  // namespace maildrop::cmd
