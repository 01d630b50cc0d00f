/// offload.cc: a bounded queue and the threads that empty it.
#include "service/offload.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "core/log.h"
#include "core/thread.h"

namespace maildrop::service {

namespace {

constexpr std::size_t kShare = 4;  // of the queue, for one source

}  // namespace

Offload::Offload(unsigned threads, std::size_t waiting) : limit_(waiting), at_work_(threads), pulses_(threads) {
  try {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this, i] { run(i); });
  } catch (...) {
    end();
    throw;
  }
}

Offload::~Offload() { end(); }

void Offload::end() {
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
      const std::size_t most = source == IpAddress() ? limit_ : std::max<std::size_t>(1, limit_ / kShare);
      if (known->second->waiting.size() >= most) return false;
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

/// Whose turn it is, of those that may have a thread more; the end: nobody's. REQUIRES: the lock.
std::list<Offload::Source>::iterator Offload::next() {
  const auto most = static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, at_work_.size() - 1));
  return std::find_if(turns_.begin(), turns_.end(), [&](const Source& source) {
    return source.address == IpAddress() || std::count(at_work_.begin(), at_work_.end(), source.address) < most;
  });
}

/// The oldest of a source, which goes behind all others. REQUIRES: the lock.
Offload::Work Offload::take(std::list<Source>::iterator source) {
  Work work = std::move(source->waiting.front());
  source->waiting.pop_front();
  --waiting_;
  if (source->waiting.empty()) {
    sources_.erase(source->address);
    turns_.erase(source);
  } else {
    turns_.splice(turns_.end(), turns_, source);
  }
  return work;
}

void Offload::run(std::size_t thread) {
  name_thread("worker " + std::to_string(thread));
  std::unique_lock lock(mutex_);
  while (true) {
    std::list<Source>::iterator source;
    wake_.wait(lock, [&] { return ending_ || (source = next()) != turns_.end(); });
    if (ending_) return;
    at_work_[thread] = source->address;
    pulses_[thread].beat();
    Work work = take(source);
    lock.unlock();
    try {
      work();
    } catch (const std::exception& error) {  // out of memory: this one has no answer, others have
      log::error("offloaded work failed", {{"error", error.what()}});
    }
    work = nullptr;  // what it holds goes before the lock is taken again
    lock.lock();
    at_work_[thread] = IpAddress();
    pulses_[thread].rest();
  }
}

std::chrono::milliseconds Offload::silent() const {
  std::chrono::milliseconds longest{0};
  for (const Pulse& pulse : pulses_) longest = std::max(longest, pulse.silent());
  return longest;
}

}  // namespace maildrop::service
