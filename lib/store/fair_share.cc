/// fair_share.cc: the name of a source.
#include "store/fair_share.h"

#include "core/net.h"

namespace maildrop::store {

std::string source_of(std::string_view peer) {
  const auto address = IpAddress::parse(peer);
  if (!address) return "local";
  const unsigned bits = address->is_v4() ? 24 : 64;
  return address->prefix(bits).to_string() + "/" + std::to_string(bits);
}

}  // namespace maildrop::store
