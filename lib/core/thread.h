/// thread.h: what a thread says of itself to the machine.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <string>

namespace maildrop {

/// What `top -H` and debuggers call the calling thread: at most 15 bytes of it.
inline void name_thread(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

/// The calling thread no longer takes the CPU from another the moment it is woken (sched(7), SCHED_BATCH). Where that
/// is forbidden, all works as well.
inline void yield_to_others() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
}

}  // namespace maildrop
