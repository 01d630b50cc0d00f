/// special_networks.cc: the tables of IANA.
#include "core/special_networks.h"

#include <algorithm>

namespace maildrop {

namespace {

using Networks = std::vector<Network>;

Networks networks_of(std::initializer_list<std::string_view> texts) {
  Networks networks;
  for (const std::string_view text : texts) networks.push_back(*Network::parse(text));
  return networks;
}

/// The last four bytes.
IpAddress embedded_v4(const IpAddress& address) {
  std::uint32_t v4 = 0;
  for (std::size_t i = 12; i < 16; ++i) v4 = v4 << 8 | address.bytes()[i];
  return IpAddress::from_v4(v4);
}

}  // namespace

bool is_private(const IpAddress& address) {
  static const Networks kV4 = networks_of({
      "0.0.0.0/8",       // this network: RFC 791 3.2
      "10.0.0.0/8",      // private: RFC 1918
      "100.64.0.0/10",   // shared: RFC 6598
      "127.0.0.0/8",     // loopback: RFC 1122 3.2.1.3
      "169.254.0.0/16",  // link-local: RFC 3927
      "172.16.0.0/12",   // private
      "192.168.0.0/16",  // private
  });
  static const Networks kV6 = networks_of({
      "::/128",     // unspecified: RFC 4291
      "::1/128",    // loopback
      "fc00::/7",   // unique local: RFC 4193
      "fe80::/10",  // link-local
  });
  return contains(address.is_v4() ? kV4 : kV6, address);
}

bool is_reserved(const IpAddress& address) {
  static const Networks kV4 = networks_of({
      "192.0.0.0/24",     // protocol assignments: RFC 6890
      "192.0.2.0/24",     // documentation: RFC 5737
      "192.88.99.0/24",   // 6to4 relays, ended: RFC 7526
      "198.18.0.0/15",    // benchmarks: RFC 2544
      "198.51.100.0/24",  // documentation
      "203.0.113.0/24",   // documentation
      "224.0.0.0/4",      // multicast: RFC 5771
      "240.0.0.0/4",      // kept for later, and broadcast: RFC 1112, RFC 8190
  });
  static const Networks kV6 = networks_of({
      "2001::/23",      // protocol assignments: RFC 2928; Teredo, benchmarks, ORCHID
      "2001:db8::/32",  // documentation: RFC 3849
      "2002::/16",      // 6to4: RFC 3056, ended by RFC 7526
      "3fff::/20",      // documentation: RFC 9637
  });
  static const Network kGlobal = *Network::parse("2000::/3");
  static const Network kTranslated = *Network::parse("64:ff9b::/96");
  if (address.is_v4()) return is_private(address) || contains(kV4, address);
  if (kTranslated.contains(address)) return is_reserved(embedded_v4(address));
  return !kGlobal.contains(address) || contains(kV6, address);
}

}  // namespace maildrop
