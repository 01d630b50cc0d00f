/// daemon_start.h: what of a daemon's start needs nothing of the daemon.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/budget.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/result.h"
#include "daemon.h"
#include "service/listen.h"
#include "service/takeover.h"
#include "service/tls.h"
#include "smtp/server.h"

namespace maildrop::cmd {

/// Of the process: its version, log, and limits. `memory`: nullptr, where nothing takes of it. All that is given
/// outlives the registry's last text.
void add_process_metrics(metrics::Registry& metrics, const Budget* memory, const Config& config);

/// None, if there are no endpoints. The log tells of each address.
Result<service::ListenersByLoop> open_logged(std::string_view service, const std::vector<Endpoint>& endpoints,
                                             std::size_t loops, unsigned socket_mode, service::Takeover& takeover);

/// All listeners of a daemon.
struct DaemonSockets {
  smtp::ServerListeners smtp;
  service::ListenersByLoop api;
  service::ListenersByLoop admin;
  service::TlsContextPtr tls;                                   // of smtp
  std::vector<service::OfferedSocket> offered;                  // to whoever takes our place
  std::vector<std::shared_ptr<const service::Doorbell>> bells;  // of each
};

/// With service.takeover they are those of the process whose place we take, if there is one: then `take_place` has it
/// end, and finds out before whether all else will do.
Result<DaemonSockets> open_sockets(const Config& config, DaemonParts parts, std::size_t loops,
                                   const std::function<Result<void>(service::Takeover&)>& take_place);

/// What has been passed to us is known when it is here: where none of `listeners` can be reached from elsewhere, each
/// fd:NAME among `endpoints`, which they are of, says so by its address.
void know_inherited(std::vector<Endpoint>& endpoints, const service::ListenersByLoop& listeners);

/// Waits until the process whose place we take has ended, however long that takes. From here on there is no way back.
void finish_takeover(service::Takeover& takeover);

}  // namespace maildrop::cmd
