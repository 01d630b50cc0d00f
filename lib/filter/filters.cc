/// filters.cc: the filters there are, in their order.
#include "filter/filters.h"

namespace maildrop::filter {

extern const FilterKind kAccess;

std::span<const FilterKind> filter_kinds() {
  static const FilterKind kinds[] = {kAccess};
  return kinds;
}

}  // namespace maildrop::filter
