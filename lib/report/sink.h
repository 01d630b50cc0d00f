/// sink.h: a place where decisions are kept.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::report {

/// Of one thread, but for cancel().
class Sink {
 public:
  virtual ~Sink() = default;
  /// In logs and metrics: `file`, `redis`, `webhook`. Lives for ever.
  virtual std::string_view name() const = 0;

  /// Blocking. The lines, each with its LF, in their order, and never none. How many of them it does not want, and has
  /// not: all are over, and none comes again. After an error some of them may be there; all are to come again.
  virtual Result<std::size_t> write(std::span<const std::string> lines) = 0;
  /// Thread-safe. false: what is decided now need not be brought. For a place that somebody looks at now and then.
  virtual bool wants() const { return true; }
  /// Thread-safe: what write() waits for ends soon, and all that comes.
  virtual void cancel() {}
};

}  // namespace maildrop::report
