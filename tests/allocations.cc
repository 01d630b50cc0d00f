/// allocations.cc: operator new of this binary, by malloc.
#include "allocations.h"

#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace {

struct Watched {
  bool on = false;
  bool all = false;
  bool failed = false;
  std::size_t left = 0;
  std::int64_t held = 0, peak = 0;
};
thread_local Watched watched;

bool fails() {
  if (!watched.on || watched.left == maildrop::test::Allocations::kNone) return false;
  if (watched.left > 0) return --watched.left, false;
  if (watched.failed && !watched.all) return false;
  return watched.failed = true;
}

void* counted(void* pointer) {
  if (!watched.on) return pointer;
  watched.held += static_cast<std::int64_t>(malloc_usable_size(pointer));
  watched.peak = std::max(watched.peak, watched.held);
  return pointer;
}

void* allocate(std::size_t size) noexcept {
  if (fails()) return nullptr;
  return counted(std::malloc(size > 0 ? size : 1));
}

void* allocate_or_throw(std::size_t size) {
  void* const pointer = allocate(size);
  if (!pointer) throw std::bad_alloc();
  return pointer;
}

void release(void* pointer) noexcept {
  if (watched.on) watched.held -= static_cast<std::int64_t>(malloc_usable_size(pointer));
  std::free(pointer);
}

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* pointer) noexcept { release(pointer); }
void operator delete[](void* pointer) noexcept { release(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { release(pointer); }
void operator delete[](void* pointer, std::size_t) noexcept { release(pointer); }
void operator delete(void* pointer, const std::nothrow_t&) noexcept { release(pointer); }
void operator delete[](void* pointer, const std::nothrow_t&) noexcept { release(pointer); }

/// Asio's own way to memory.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  void* pointer = nullptr;
  if (fails() || posix_memalign(&pointer, std::max(alignment, sizeof(void*)), size) != 0) {
    errno = ENOMEM;
    return nullptr;
  }
  return pointer;
}

namespace maildrop::test {

Allocations::Allocations(std::size_t good, bool all) {
  watched = Watched();
  watched.left = good;
  watched.all = all;
  watched.on = true;
}
Allocations::~Allocations() { watched.on = false; }
bool Allocations::failed() const { return watched.failed; }
std::uint64_t Allocations::peak() const { return static_cast<std::uint64_t>(std::max<std::int64_t>(watched.peak, 0)); }

}  // namespace maildrop::test
