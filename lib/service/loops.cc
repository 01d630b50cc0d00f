/// loops.cc: starting and ending the loops' threads.
#include "service/loops.h"

#include <sched.h>

#include <boost/asio/executor_work_guard.hpp>
#include <exception>
#include <string>

#include "core/log.h"
#include "core/thread.h"

namespace maildrop::service {

namespace {

/// The cores this process may use: a container or taskset may give fewer than the machine has.
unsigned usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

/// What a handler throws costs what that handler did, not the process: the loop goes on with the next one. The log
/// lines of what was ready together are written together.
void run(boost::asio::io_context& context) {
  while (!context.stopped()) {
    try {
      const log::Gather gather;  // while it waits there is nothing in it
      context.run_one();
      context.poll();
    } catch (const std::exception& error) {
      log::error("a handler failed", {{"error", error.what()}});
    }
  }
}

}  // namespace

struct Loops::Work {
  explicit Work(boost::asio::io_context& context) : guard(context.get_executor()) {}
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard;
};

unsigned loop_count(unsigned count) { return count == 0 ? usable_cores() : count; }

Loops::Loops(unsigned count) {
  count = loop_count(count);
  for (unsigned i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<Loop>());
    work_.push_back(std::make_unique<Work>(loops_.back()->context()));
  }
}

Loops::~Loops() {
  stop();
  join();
}

void Loops::start() {
  for (std::size_t i = 0; i < loops_.size(); ++i)
    threads_.emplace_back([i, &context = loops_[i]->context()] {
      name_thread("loop " + std::to_string(i));
      run(context);
    });
}

void Loops::finish() {
  for (auto& work : work_) work->guard.reset();
}

void Loops::stop() {
  for (auto& loop : loops_) loop->context().stop();
}

void Loops::join() {
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

}  // namespace maildrop::service
