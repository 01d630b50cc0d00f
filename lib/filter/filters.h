/// filters.h: the table of filters. A new one is a file with its FilterKind, and a line here.
#pragma once

#include <span>

#include "filter/filter.h"

namespace maildrop::filter {

/// In the order in which they are asked; who goes by what another tells is behind it.
std::span<const FilterKind> filter_kinds();

}  // namespace maildrop::filter
