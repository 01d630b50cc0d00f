/// fuzz_html.cc: any bytes as HTML: what is written has nothing but what the allow lists have, and is at rest.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/html.h"
#include "mail/sanitised_check.h"

using namespace maildrop::mail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view html(reinterpret_cast<const char*>(data), size);
  SanitiseLimits limits;
  limits.output = 64 * 1024;
  limits.elements = 1000;
  limits.depth = 50;
  limits.remote = 10;
  const auto page = sanitise(html, limits);
  if (page) {
    if (const std::string problem = test::problem_of(*page, limits); !problem.empty()) {
      std::fprintf(stderr, "%s\n%s\n", problem.c_str(), page->html.c_str());
      std::abort();
    }
  }
  (void)read_html(html);
  return 0;
}
