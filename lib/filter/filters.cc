/// filters.cc: the filters there are, in their order.
#include "filter/filters.h"

namespace maildrop::filter {

extern const FilterKind kAccess;
extern const FilterKind kVerdictCache;
extern const FilterKind kPlace;
extern const FilterKind kTcp;
extern const FilterKind kReputation;
extern const FilterKind kEarlyTalker;
extern const FilterKind kFcrdns;
extern const FilterKind kDnsbl;
extern const FilterKind kHelo;
extern const FilterKind kSenderDomain;
extern const FilterKind kSpf;
extern const FilterKind kBounce;
extern const FilterKind kReserved;
extern const FilterKind kSize;
extern const FilterKind kRate;
extern const FilterKind kGreylist;
extern const FilterKind kDkim;
extern const FilterKind kDmarc;
extern const FilterKind kHeaders;
extern const FilterKind kUribl;
extern const FilterKind kUrls;
extern const FilterKind kContent;
extern const FilterKind kBayes;
extern const FilterKind kHttp;
extern const FilterKind kRspamd;
extern const FilterKind kMilter;

std::span<const FilterKind> filter_kinds() {
  // clang-format off
  static const FilterKind kinds[] = {
      kAccess,
      kVerdictCache,
      kPlace,
      kTcp,
      kReputation,
      kEarlyTalker,
      kFcrdns,
      kDnsbl,
      kHelo,
      kSenderDomain,
      kSpf,
      kBounce,
      kReserved,
      kSize,
      kRate,
      kGreylist,
      kDkim,
      kDmarc,
      kHeaders,
      kUribl,
      kUrls,
      kContent,
      kBayes,
      kHttp,
      kRspamd,
      kMilter,
  };
  // clang-format on
  return kinds;
}

}  // namespace maildrop::filter
