/// offload.cc: a bounded queue and the threads that empty it.
#include "service/offload.h"

#include <exception>
#include <utility>

#include "core/log.h"

namespace maildrop::service {

Offload::Offload(unsigned threads, std::size_t waiting) : limit_(waiting) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Offload::~Offload() {
  std::list<Source> forgotten;  // outlives the lock: destructors of what waits may do anything
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    forgotten.swap(turns_);
    sources_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Offload::push(const IpAddress& source, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || waiting_ >= limit_) return false;
    if (const auto known = sources_.find(source); known != sources_.end()) {
      known->second->waiting.push_back(std::move(work));
    } else {  // in this order: when memory runs out, nothing has changed
      std::list<Source> fresh(1);
      fresh.front().address = source;
      fresh.front().waiting.push_back(std::move(work));
      sources_.emplace(source, fresh.begin());
      turns_.splice(turns_.end(), fresh);
    }
    ++waiting_;
  }
  wake_.notify_one();
  return true;
}

/// The oldest of the source whose turn it is. REQUIRES: the lock, and that something waits.
Offload::Work Offload::take() {
  Source& source = turns_.front();
  Work work = std::move(source.waiting.front());
  source.waiting.pop_front();
  --waiting_;
  if (source.waiting.empty()) {
    sources_.erase(source.address);
    turns_.pop_front();
  } else {
    turns_.splice(turns_.end(), turns_, turns_.begin());
  }
  return work;
}

void Offload::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !turns_.empty(); });
    if (ending_) return;
    Work work = take();
    lock.unlock();
    try {
      work();
    } catch (const std::exception& error) {  // out of memory: this one has no answer, others have
      log::error("offloaded work failed", {{"error", error.what()}});
    }
    work = nullptr;  // what it holds goes before the lock is taken again
    lock.lock();
  }
}

}  // namespace maildrop::service
