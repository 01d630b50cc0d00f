/// explanation.h: what filters find of a transaction that somebody makes up: `explain`, and `filter test`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "filter/chain_source.h"

namespace maildrop::cmd {

struct ExplainOptions {
  std::string ip, helo, from, file, facts, at, colour = "auto";
  std::vector<std::string> to;
  bool json = false;
  std::string filter;  // whose findings alone are shown; empty: all
};
/// Returns --ip, for who wants to require it.
CLI::Option* add_explain_options(CLI::App& app, ExplainOptions& options);

/// Runs it, and prints what came of it. `command` is for hints. The status.
int explain(std::string_view command, const ExplainOptions& options, const Globals& globals);

/// A line on stderr for each fault of a file that filters go by.
void report_problems(const filter::ChainSource& source);

}  // namespace maildrop::cmd
