/// file_sink.h: decisions in a file that is moved aside when it is full, so that all of them together have a bound.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.h"
#include "report/sink.h"

namespace maildrop::report {

/// PATH is written, PATH.1 was before it, and so on. Several processes may write to one PATH: each line is whole, and
/// one of them moves the files.
struct FileRotation {
  std::string path;
  std::uint64_t size;  // bytes; a file has at most one call of write() more
  unsigned files;      // with the one that is written
};

std::unique_ptr<Sink> make_file_sink(FileRotation rotation);

}  // namespace maildrop::report
