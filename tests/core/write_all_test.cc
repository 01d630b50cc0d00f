/// write_all_test.cc: all of it, or why not.
#include "core/write_all.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

#include "core/descriptor.h"

using namespace maildrop;

TEST_CASE("more than a pipe holds is written in several calls") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const FileDescriptor from(ends[0]);
  FileDescriptor to(ends[1]);
  const std::string text(300'000, 'x');
  std::size_t heard = 0;
  std::thread reader([&] {
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(from.get(), buffer, sizeof buffer)) > 0;) heard += static_cast<std::size_t>(n);
  });
  const int written = write_all(to.get(), text);
  to = FileDescriptor();
  reader.join();
  CHECK(written == 0);
  CHECK(heard == text.size());
}

TEST_CASE("a call that fails is told by its errno") {
  CHECK(write_all(-1, "x") == EBADF);
  CHECK(write_all(-1, "") == 0);
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  CHECK(write_all(full.get(), "x") == ENOSPC);
}
