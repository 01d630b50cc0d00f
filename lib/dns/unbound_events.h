/// unbound_events.h: lets libunbound wait for its sockets and timers on a loop of ours, without threads of its own
/// (unbound-event.h, the pluggable event base).
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

struct ub_event_base;

namespace maildrop::dns {

/// All of it belongs to the loop's thread. Outlives the ub_ctx that is made with it; the io_context outlives both. What
/// libunbound waits for is work of the loop: it does not end before the ub_ctx does.
class UnboundEvents {
 public:
  explicit UnboundEvents(boost::asio::io_context& context);
  ~UnboundEvents();
  UnboundEvents(const UnboundEvents&) = delete;

  ub_event_base* base();

 private:
  struct Base;
  std::unique_ptr<Base> base_;
};

}  // namespace maildrop::dns
