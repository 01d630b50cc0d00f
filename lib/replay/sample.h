/// sample.h: the bytes of one message, wherever they were found, as a Sample. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"
#include "mail/mbox.h"
#include "replay/sources.h"

namespace maildrop::replay {

/// With CRLF, and with the envelope that its header tells; `from` may be nullptr. Its error names it:
///   invalid     it is empty, or has no header field
///   over_limit  it is larger than options.max_size
Result<Sample> sample_of(std::string name, std::string_view bytes, const mail::FromLine* from,
                         const SourceOptions& options);
Error too_large(std::string_view name, std::size_t max_size);

}  // namespace maildrop::replay
