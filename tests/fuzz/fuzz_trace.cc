/// fuzz_trace.cc: verdicts as a store has them: what is read can be written, and is the same when it is read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "filter/trace.h"

using namespace maildrop::filter;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto trace = parse_trace(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!trace) return 0;
  const std::string text = format_trace(*trace);
  const auto again = parse_trace(text);
  if (!again || text.size() > Trace::kMostBytes || format_trace(*again) != text) std::abort();
  return 0;
}
