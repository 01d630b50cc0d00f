/// packed_summary.h: a Summary as bytes. In SQLite one blob costs a third of ten columns to bind, record and read,
/// and no query needs what is inside.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "store/store.h"

namespace maildrop::store {

/// All of the summary but its id; `to` is given apart, since one delivery has several. Its first bytes stay legible to
/// the scripts of Redis: a format, and two numbers of which the second is the size.
std::string pack(const Summary& summary, std::string_view to, bool compressed);

/// corrupt for bytes that pack() did not write.
Result<Summary> unpack(std::string_view id, std::string_view bytes);

}  // namespace maildrop::store
