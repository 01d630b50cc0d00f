/// file_sink.h: decisions in a file that is moved aside when it is full.
#pragma once

#include <memory>

#include "core/rotated_file.h"
#include "report/sink.h"

namespace maildrop::report {

/// All lines of a write() are in one file.
std::unique_ptr<Sink> make_file_sink(RotatedFile::Plan plan);

}  // namespace maildrop::report
