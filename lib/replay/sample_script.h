/// sample_script.h: a recorded message as what is put to filters.
#pragma once

#include "core/config.h"
#include "core/result.h"
#include "filter/rehearsal.h"
#include "replay/source.h"

namespace maildrop::replay {

/// The transaction that its record tells. A client whose address is not known came over a unix socket, as it were:
/// filters that go by an address pass over it. Recipients that cannot have an inbox here are left out, and no inbox is
/// there twice.
///   invalid  it is for nobody who could have one, or its sender is no address
Result<filter::Script> script_of(const Sample& sample, const Config& config);

}  // namespace maildrop::replay
