/// daemon_start.h: what of a daemon's start needs nothing of the daemon.
#pragma once

#include <string_view>
#include <vector>

#include "core/budget.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/result.h"
#include "service/listen.h"
#include "service/takeover.h"

namespace maildrop::cmd {

/// Of the process: its version, log, and limits. All that is given outlives the registry's last text.
void add_process_metrics(metrics::Registry& metrics, const Budget& memory, const Config& config);

/// None, if there are no endpoints. The log tells of each address.
Result<service::ListenersByLoop> open_logged(std::string_view service, const std::vector<Endpoint>& endpoints,
                                             std::size_t loops, unsigned socket_mode, service::Takeover& takeover);

/// What has been passed to us is known when it is here: where none of `listeners` can be reached from elsewhere, each
/// fd:NAME among `endpoints`, which they are of, says so by its address.
void know_inherited(std::vector<Endpoint>& endpoints, const service::ListenersByLoop& listeners);

/// Waits until the process whose place we take has ended, however long that takes. From here on there is no way back.
void finish_takeover(service::Takeover& takeover);

}  // namespace maildrop::cmd
