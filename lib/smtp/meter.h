/// meter.h: who counts what the peer of a session does.
#pragma once

#include "service/flood.h"

namespace maildrop::smtp {

class Meter {
 public:
  virtual ~Meter() = default;
  /// One more. false: too many, and nothing is counted.
  virtual bool take(service::Flood::Of of) = 0;
};

}  // namespace maildrop::smtp
