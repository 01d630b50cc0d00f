/// cpu.h: what a benchmark has taken of the processor.
#pragma once

#include <sys/resource.h>

namespace maildrop::bench {

/// Seconds of this process (RUSAGE_SELF) or thread (RUSAGE_THREAD), the system's part included.
inline double cpu_seconds(int whose = RUSAGE_THREAD) {
  rusage used{};
  ::getrusage(whose, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace maildrop::bench
