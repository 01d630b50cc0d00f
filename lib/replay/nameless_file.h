/// nameless_file.h: room on a disk for as long as somebody has it open.
#pragma once

#include <string_view>

#include "core/descriptor.h"
#include "core/result.h"

namespace maildrop::replay {

/// In the folder for temporary files ($TMPDIR). unavailable: there can be none.
Result<FileDescriptor> nameless_file();

/// As errors name it.
inline constexpr std::string_view kNameless = "a temporary file";

/// All of `bytes`, behind what was written to the file of that name. unavailable: there is no room.
Result<void> write_to(const FileDescriptor& file, std::string_view bytes, std::string_view name);

}  // namespace maildrop::replay
