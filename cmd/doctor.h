/// doctor.h: what is wrong, or soon will be, with where maildrop is to run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"

namespace maildrop::cmd {

struct Finding {
  enum class Level { ok, warning, error };  // error: mail is not taken, or lost

  Level level = Level::ok;
  std::string_view check;  // `ports`
  std::string what;
  std::string advice{};  // what to do; empty where all is well
};

/// What the checks go by. `store_url` is resolved.
struct Patient {
  const Config& config;
  std::string store_url;
  const Clock& clock;
  std::string alias_key_file{};  // that the keys were read from; empty: from none
};

/// A check looks and changes nothing, but for a port that nobody has: it is listened on for a moment. Blocking: as the
/// disk, Redis and the resolver are.
struct Check {
  std::string_view name;
  void (*run)(const Patient& patient, std::vector<Finding>& findings);
};

/// In the order in which they are told.
extern const std::vector<Check> kChecks;

}  // namespace maildrop::cmd
