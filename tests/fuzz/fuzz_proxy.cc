/// fuzz_proxy.cc: any bytes at all as a PROXY header: never more than came is used, no shorter beginning decides
/// otherwise, and what follows a header changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "smtp/proxy_protocol.h"

using namespace maildrop::smtp;
using Status = ProxyHeader::Status;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const ProxyHeader& a, const ProxyHeader& b) {
  return a.status == b.status && a.size == b.size && a.health_check == b.health_check && a.address == b.address &&
         a.port == b.port && a.tls.to_string() == b.tls.to_string();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ProxyHeader whole = parse_proxy_header(bytes);
  require(whole.status != Status::more || size < kMaxProxyHeader);
  if (whole.status == Status::done) {
    require(whole.size <= size && whole.size <= kMaxProxyHeader);
    require(same(parse_proxy_header(bytes.substr(0, whole.size)), whole));
    require(parse_proxy_header(bytes.substr(0, whole.size - 1)).status == Status::more);
    require(same(parse_proxy_header(std::string(bytes) + "EHLO"), whole));
  }
  // Byte by byte it comes to the same end.
  for (std::size_t n = 0; n < size; ++n) {
    const Status early = parse_proxy_header(bytes.substr(0, n)).status;
    if (early == Status::more) continue;
    require(early == whole.status);
    break;
  }
  return 0;
}
