/// filters.cc: the filters there are, in their order.
#include "filter/filters.h"

namespace maildrop::filter {

extern const FilterKind kAccess;
extern const FilterKind kFcrdns;
extern const FilterKind kDnsbl;
extern const FilterKind kHelo;
extern const FilterKind kSenderDomain;
extern const FilterKind kSpf;
extern const FilterKind kDkim;

std::span<const FilterKind> filter_kinds() {
  static const FilterKind kinds[] = {kAccess, kFcrdns, kDnsbl, kHelo, kSenderDomain, kSpf, kDkim};
  return kinds;
}

}  // namespace maildrop::filter
