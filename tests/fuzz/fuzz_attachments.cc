/// fuzz_attachments.cc: any bytes at all as a message: without its attachments it has none, all else of it is there
/// byte for byte and in the same structure, and it has hardly grown.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../mail/attachments_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string wrong =
      maildrop::mail::test::wrong_with_removal(std::string_view(reinterpret_cast<const char*>(data), size));
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}
