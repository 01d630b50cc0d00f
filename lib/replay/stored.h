/// stored.h: a message that a store of maildrop's kept, as a sample.
#pragma once

#include <string>

#include "replay/sources.h"

namespace maildrop::replay {

/// `BEFORE`INBOX/ID. Its envelope is what was said in the session; what of that is not known, its header tells. Errors
/// as of sample_of() (sample.h).
Result<Sample> sample_of_stored(const std::string& before, const mail::Inbox& inbox, const store::Message& message,
                                const SourceOptions& options);

}  // namespace maildrop::replay
