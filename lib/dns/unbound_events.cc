/// unbound_events.cc: the two tables of functions that libunbound calls. No exception may pass through it: what cannot
/// be waited for is refused (-1), which costs it one question.
#include "dns/unbound_events.h"

#include <unbound-event.h>
#include <unbound.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <exception>
#include <new>

namespace maildrop::dns {

namespace {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Call = void (*)(int, short, void*);

/// What libunbound waits for: one socket, one time, or both. The waits of the loop hold it too, as they end later than
/// libunbound's interest; a wait of an older generation finds that nobody is interested.
class Waits : public std::enable_shared_from_this<Waits> {
 public:
  Waits(const Executor& executor, int fd, short bits, Call call, void* argument)
      : fd_(fd), bits_(bits), call_(call), argument_(argument), socket_(executor), timer_(executor) {}

  void set_bits(short on, short off) { bits_ = static_cast<short>((bits_ | on) & ~off); }
  void set_fd(int fd) { fd_ = fd; }
  void set_call(Call call, void* argument) {
    call_ = call;
    argument_ = argument;
  }

  void start(const timeval* limit) {
    stop();
    active_ = true;
    if (fd_ >= 0 && (bits_ & (UB_EV_READ | UB_EV_WRITE)) != 0) {
      socket_.assign(fd_);
      if (bits_ & UB_EV_READ) wait(UB_EV_READ);
      if (bits_ & UB_EV_WRITE) wait(UB_EV_WRITE);
    }
    limited_ = limit != nullptr;
    if (!limit) return;
    limit_ = std::chrono::seconds(limit->tv_sec) + std::chrono::microseconds(limit->tv_usec);
    wait_for_limit();
  }

  void stop() noexcept {
    active_ = false;
    ++generation_;
    if (socket_.is_open()) socket_.release();  // libunbound closes it
    if (!limited_) return;
    limited_ = false;
    timer_.cancel();
  }

 private:
  bool current(unsigned generation) const { return active_ && generation == generation_; }

  void fire(short what) {
    if (!(bits_ & UB_EV_PERSIST)) stop();
    call_(fd_, what, argument_);  // may do anything with this event
  }

  void wait(short what) {
    socket_.async_wait(what == UB_EV_READ ? Descriptor::wait_read : Descriptor::wait_write,
                       [self = shared_from_this(), what, generation = generation_](boost::system::error_code error) {
                         if (error || !self->current(generation)) return;
                         self->fire(what);
                         if (!self->current(generation)) return;
                         self->wait(what);
                         if (self->limited_) self->wait_for_limit();
                       });
  }

  void wait_for_limit() {
    timer_.expires_after(limit_);
    timer_.async_wait([self = shared_from_this(), generation = generation_](boost::system::error_code error) {
      if (error || !self->current(generation)) return;
      self->fire(UB_EV_TIMEOUT);
      if (self->current(generation)) self->wait_for_limit();
    });
  }

  int fd_;
  short bits_;
  Call call_;
  void* argument_;
  Descriptor socket_;
  Timer timer_;
  std::chrono::microseconds limit_{0};
  unsigned generation_ = 0;
  bool active_ = false;
  bool limited_ = false;
};

struct Event : ub_event {
  std::shared_ptr<Waits> waits;
};

Waits& waits_of(ub_event* event) { return *static_cast<Event*>(event)->waits; }

int start(ub_event* event, const timeval* limit) noexcept {
  try {
    waits_of(event).start(limit);
    return 0;
  } catch (const std::exception&) {  // no memory, or no more sockets can be watched
    waits_of(event).stop();
    return -1;
  }
}

/// The event is at rest whenever it is changed.
ub_event_vmt kEvent = {
    .add_bits = [](ub_event* event, short bits) { waits_of(event).set_bits(bits, 0); },
    .del_bits = [](ub_event* event, short bits) { waits_of(event).set_bits(0, bits); },
    .set_fd = [](ub_event* event, int fd) { waits_of(event).set_fd(fd); },
    .free =
        [](ub_event* event) {
          waits_of(event).stop();
          delete static_cast<Event*>(event);
        },
    .add = [](ub_event* event, timeval* limit) { return start(event, limit); },
    .del =
        [](ub_event* event) {
          waits_of(event).stop();
          return 0;
        },
    .add_timer =
        [](ub_event* event, ub_event_base*, Call call, void* argument, timeval* limit) {
          waits_of(event).stop();
          waits_of(event).set_call(call, argument);
          return start(event, limit);
        },
    .del_timer =
        [](ub_event* event) {
          waits_of(event).stop();
          return 0;
        },
    .add_signal = [](ub_event*, timeval*) { return -1; },
    .del_signal = [](ub_event*) { return -1; },
    .winsock_unregister_wsaevent = nullptr,
    .winsock_tcp_wouldblock = nullptr,
};

}  // namespace

struct UnboundEvents::Base : ub_event_base {
  explicit Base(asio::io_context& c) : ub_event_base{UB_EVENT_MAGIC, &kTable}, context(c) {}
  static ub_event* new_event(ub_event_base* base, int fd, short bits, Call call, void* argument) noexcept;
  static ub_event_base_vmt kTable;

  asio::io_context& context;
};

ub_event* UnboundEvents::Base::new_event(ub_event_base* base, int fd, short bits, Call call, void* argument) noexcept {
  try {
    const Executor executor = static_cast<Base*>(base)->context.get_executor();
    auto event = std::make_unique<Event>();
    event->magic = UB_EVENT_MAGIC;
    event->vmt = &kEvent;
    event->waits = std::make_shared<Waits>(executor, fd, bits, call, argument);
    return event.release();
  } catch (const std::exception&) {
    return nullptr;
  }
}

ub_event_base_vmt UnboundEvents::Base::kTable = {
    .free = [](ub_event_base*) {},
    .dispatch = [](ub_event_base*) { return -1; },
    .loopexit = [](ub_event_base*, timeval*) { return -1; },
    .new_event = new_event,
    .new_signal = [](ub_event_base*, int, Call, void*) -> ub_event* { return nullptr; },
    .winsock_register_wsaevent = nullptr,
};

UnboundEvents::UnboundEvents(asio::io_context& context) : base_(std::make_unique<Base>(context)) {}

UnboundEvents::~UnboundEvents() = default;

ub_event_base* UnboundEvents::base() { return base_.get(); }

}  // namespace maildrop::dns
