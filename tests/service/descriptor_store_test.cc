/// descriptor_store_test.cc: what is kept, once, under a name, within a bound.
#include "service/descriptor_store.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <utility>

using namespace maildrop;
using namespace maildrop::service;

namespace {

std::pair<FileDescriptor, FileDescriptor> pair_of_sockets() {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

FileDescriptor copy_of(const FileDescriptor& fd) { return FileDescriptor(dup(fd.get())); }

}  // namespace

TEST_CASE("the same descriptor is kept once, and no more than the bound") {
  DescriptorStore store(2);
  const auto [one, other] = pair_of_sockets();
  for (int i = 0; i < 100; ++i) CHECK(store.put(copy_of(one), "a", true));
  CHECK(store.kept().size() == 1);
  CHECK(store.put(copy_of(one), "b", true));
  CHECK(store.put(copy_of(other), "a", true).error().code == Code::over_limit);
  CHECK(store.put(copy_of(one), "a", true));  // is there
  store.remove("a");
  REQUIRE(store.kept().size() == 1);
  CHECK(store.kept().front().name == "b");
  CHECK(store.put(copy_of(other), "c", true));
  CHECK(store.kept().back().name == "c");
}

TEST_CASE("what hangs up goes, unless it is to stay") {
  DescriptorStore store(4);
  auto [one, other] = pair_of_sockets();
  CHECK(store.put(copy_of(one), "a", true));
  CHECK(store.put(copy_of(one), "b", false));
  store.drop_hung_up();
  CHECK(store.kept().size() == 2);
  other = FileDescriptor();
  store.drop_hung_up();
  REQUIRE(store.kept().size() == 1);
  CHECK(store.kept().front().name == "b");
}
