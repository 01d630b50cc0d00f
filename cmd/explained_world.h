/// explained_world.h: what filters are told that explain runs: the DNS, the ledger and services as they are, or what
/// somebody wrote down.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "command.h"
#include "core/clock.h"
#include "filter/table_world.h"
#include "store/ledger_view.h"

namespace maildrop::cmd {

/// Of the world as it is: `facts` is the text of --facts, with which nobody is asked; `at` the time of --at, with which
/// the DNS alone is. With either the ledger begins empty.
struct Instead {
  std::optional<std::string> facts{};
  std::optional<Time> at{};
};

class ExplainedWorld {
 public:
  /// What is given outlives it. invalid: `facts` are none.
  static Result<std::unique_ptr<ExplainedWorld>> open(const Instead& instead, const LoadedConfig& loaded,
                                                      const Globals& globals, const Clock& clock);

  filter::TableWorld& table() { return table_; }
  /// What the ledger is, for a reader.
  const std::string& ledger() const { return ledger_name_; }

 private:
  explicit ExplainedWorld(const Clock& clock) : clock_(clock), table_(clock) {}
  Result<void> read_facts(const std::string& text);
  void ask_dns(const Config& config);
  void ask_services();
  void open_ledger(const LoadedConfig& loaded, const Globals& globals);

  const Clock& clock_;
  filter::TableWorld table_;
  std::unique_ptr<store::Ledger> ledger_{};
  std::optional<store::LedgerView> view_{};
  std::string ledger_name_ = "empty";
};

}  // namespace maildrop::cmd
