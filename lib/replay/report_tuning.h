/// report_tuning.h: fitted weights, as a file for conf.d that tells what they are worth, and as JSON. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "replay/tuning.h"

namespace maildrop::replay {

struct TuningReport {
  Tuning tuning{};
  std::string version{};                            // of maildrop
  std::string config{};                             // the name of its file; empty: the defaults
  std::uint64_t decided_spam = 0, decided_ham = 0;  // Parts::decided: not among the examples
  std::uint64_t unlabelled = 0;
};

/// TOML, which maildrop.toml(5) takes as it stands: a table for each filter whose weight is another one, and comments.
std::string tuning_toml(const TuningReport& report);
/// One object on one line, schema `maildrop.tuning/1`.
std::string tuning_json(const TuningReport& report);

}  // namespace maildrop::replay
