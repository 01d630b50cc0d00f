/// notify_receiver_test.cc: who says what, and that no descriptor stays open by it.
#include "service/notify_receiver.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

using namespace maildrop;
using namespace maildrop::service;

namespace {

bool send_to(const std::string& address, const std::string& text, const std::vector<int>& descriptors = {}) {
  const FileDescriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  address.copy(to.sun_path, sizeof to.sun_path - 1);
  if (address.front() == '@') to.sun_path[0] = '\0';
  iovec part{const_cast<char*>(text.data()), text.size()};
  std::vector<char> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
  }
  return sendmsg(fd.get(), &message, 0) == static_cast<ssize_t>(text.size());
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

}  // namespace

TEST_CASE("a datagram comes with its sender, and its descriptors close with it") {
  auto receiver = NotifyReceiver::open({"/nowhere", "/tmp"});
  REQUIRE(receiver);
  const std::string path = receiver->address();
  struct stat folder {};
  REQUIRE(stat(path.substr(0, path.rfind('/')).c_str(), &folder) == 0);
  CHECK((folder.st_mode & 0777) == 0700);
  CHECK_FALSE(receiver->next());
  const std::size_t before = open_descriptors();
  REQUIRE(send_to(path, "READY=1\n", {0, 1, 2}));
  {
    const auto found = receiver->next();
    REQUIRE(found);
    CHECK(found->sender == getpid());
    CHECK(found->text == "READY=1\n");
    REQUIRE(found->descriptors.size() == 3);
    CHECK((fcntl(found->descriptors.front().get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(open_descriptors() == before + 3);
  }
  CHECK(open_descriptors() == before);
  const NotifyReceiver moved = std::move(*receiver);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("what is not whole is dropped, and its descriptors with it") {
  auto receiver = NotifyReceiver::open({"/tmp"});
  REQUIRE(receiver);
  const std::size_t before = open_descriptors();
  for (const std::string& text : {std::string(NotifyReceiver::kLongest + 1, 'x'), std::string("READY=1\0X", 9)}) {
    REQUIRE(send_to(receiver->address(), text, {0, 1}));
    const auto found = receiver->next();
    REQUIRE(found);
    CHECK((found->text.empty() && found->descriptors.empty()));
  }
  CHECK(receiver->dropped() == 2);
  CHECK(open_descriptors() == before);
  REQUIRE(send_to(receiver->address(), std::string(NotifyReceiver::kLongest, 'x'), std::vector<int>(253, 0)));
  const auto most = receiver->next();
  CHECK((most->text.size() == NotifyReceiver::kLongest && most->descriptors.size() == 253));
  const std::string path = receiver->address();
  { const NotifyReceiver gone = std::move(*receiver); }
  CHECK_FALSE(std::filesystem::exists(path.substr(0, path.rfind('/'))));
}

TEST_CASE("where nothing can be written the socket has no path") {
  auto receiver = NotifyReceiver::open({"/nowhere", "/" + std::string(120, 'x')});
  REQUIRE(receiver);
  CHECK(receiver->address().front() == '@');
  REQUIRE(send_to(receiver->address(), "STATUS=x"));
  CHECK(receiver->next()->text == "STATUS=x");
}

TEST_CASE("who was killed leaves nothing to the next one, who takes nothing from the living") {
  std::string among = std::filesystem::temp_directory_path() / "notify_receiver_test.XXXXXX";
  REQUIRE(mkdtemp(among.data()));
  const auto alive = NotifyReceiver::open({among});
  REQUIRE(alive);
  const std::filesystem::path killed = among + "/maildrop-killed", other = among + "/maildrop-others";
  std::filesystem::create_directory(other);  // whoever makes one is not to lose it before he has a socket
  {
    auto dead = NotifyReceiver::open({among});
    REQUIRE(dead);
    // A socket that is moved is still its own; the path of one that was killed is nobody's.
    std::filesystem::rename(std::filesystem::path(dead->address()).parent_path(), killed);
  }
  REQUIRE(std::filesystem::is_socket(killed / "notify"));
  std::filesystem::create_directory_symlink(killed, among + "/maildrop-linked");
  {
    const auto next = NotifyReceiver::open({among});
    REQUIRE(next);
    CHECK_FALSE(std::filesystem::exists(killed));
    CHECK(std::filesystem::exists(alive->address()));
    CHECK(std::filesystem::exists(next->address()));
    CHECK(std::filesystem::exists(other));
    CHECK(std::filesystem::is_symlink(among + "/maildrop-linked"));
  }
  std::filesystem::remove_all(among);
}

TEST_CASE("folders are those of the service first") {
  setenv("RUNTIME_DIRECTORY", "/run/one:/run/two", 1);
  const auto folders = notify_folders();
  unsetenv("RUNTIME_DIRECTORY");
  CHECK(folders.front() == "/run/one");
  CHECK(folders.back() == "/dev/shm");
}
