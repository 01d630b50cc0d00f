/// filter.h: the parts of `maildrop filter` that make and try an operator's own
/// filters.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "explanation.h"

namespace maildrop::cmd {

CLI::App* declare_filter_new(CLI::App& app, std::string& name, std::string& folder);
/// Writes a script, and samples for it, where none is yet.
int run_filter_new(const Globals& globals, const std::string& name, const std::string& folder);

struct KnownOptions {
  std::string who;
  bool forget = false;
};
CLI::App* declare_filter_known(CLI::App& app, KnownOptions& options);
/// What the ledger has of a client: who was refused, what came of his sessions, whether he has come again.
int run_filter_known(const Globals& globals, const KnownOptions& options);

struct TrainOptions;
CLI::App* declare_filter_train(CLI::App& app, std::shared_ptr<TrainOptions>& options);
/// Teaches a model of the filter bayes what mail is spam, and what is not.
int run_filter_train(const Globals& globals, TrainOptions& options);

struct ModelsOptions {
  std::vector<std::string> remove;
  bool json = false;
};
CLI::App* declare_filter_models(CLI::App& app, ModelsOptions& options);
/// What filters have learnt, as the store has it; or removes some of it.
int run_filter_models(const Globals& globals, const ModelsOptions& options);

/// Tells why no filter of that name can be tried; the status.
int report_missing(std::string_view command, const std::string& name, const Config& config,
                   const filter::ChainSource& source);

CLI::App* declare_filter_test(CLI::App& app, ExplainOptions& options);
/// With --ip: what the filter finds of that transaction. Otherwise plays the
/// samples beside its script.
int run_filter_test(const Globals& globals, const ExplainOptions& options);

}  // namespace maildrop::cmd
