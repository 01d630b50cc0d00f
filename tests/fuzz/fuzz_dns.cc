/// fuzz_dns.cc: replies of the DNS. The first byte is the type that was asked for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dns/message.h"

using namespace maildrop::dns;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr Type kTypes[] = {Type::a, Type::ns, Type::cname, Type::ptr, Type::mx, Type::txt, Type::aaaa};
  if (size == 0) return 0;
  const Type type = kTypes[data[0] % std::size(kTypes)];
  const auto answer = parse_message({data + 1, size - 1}, type);
  if (!answer) return 0;
  if (answer->records.size() > Answer::kMostRecords || (answer->status == Status::found) == answer->records.empty())
    std::abort();
  for (const Record& record : answer->records)
    for (const char c : record.to_string(type))
      if (c < ' ' || c > '~') std::abort();  // it is shown as it is
  return 0;
}
