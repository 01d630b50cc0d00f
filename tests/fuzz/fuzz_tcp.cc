/// fuzz_tcp.cc: any bytes at all as the packet that opens a connection, and as a line of p0f's database: what is read
/// of the packet has the form that is read of lines, and fits itself.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "filter/p0f_database.h"

using namespace maildrop::filter;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::size_t kLongestForm = 300;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  (void)P0fPattern::parse(bytes);
  std::vector<std::string> problems;
  (void)P0fDatabase::parse("[tcp:request]\n" + bytes, problems);
  require(problems.size() <= P0fDatabase::kMostProblems);
  const auto signature = read_signature(bytes);
  if (!signature) return 0;
  require(signature->ttl <= signature->first_ttl());
  if (bytes.size() > 256) return 0;  // the kernel gives no more
  const std::string form = signature->to_string();
  require(form.size() <= kLongestForm);
  const auto pattern = P0fPattern::parse(form);
  require(pattern.has_value() && pattern->fit(*signature) != P0fPattern::Fit::no);
  return 0;
}
