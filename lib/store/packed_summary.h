/// packed_summary.h: a Summary as bytes. In SQLite one blob costs a third of ten columns to bind, record and read,
/// and no query needs what is inside.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "store/store.h"

namespace maildrop::store {

/// Appends all of the summary but its id; `to` is given apart, since one delivery has several.
void pack(const Summary& summary, std::string_view to, std::string& out);

/// corrupt for bytes that pack() did not write.
/// About the bytes that pack() appends.
std::size_t packed_size(const Summary& summary, std::string_view to);
Result<Summary> unpack(std::string_view id, std::string_view bytes);

}  // namespace maildrop::store
