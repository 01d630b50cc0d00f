/// write_all.h: write(2) until all is written.
#pragma once

#include <string_view>

namespace maildrop {

/// 0, or the errno of the call that failed: what was before it is written. Blocks as the file does; signals do not end
/// it.
int write_all(int file, std::string_view bytes);

}  // namespace maildrop
