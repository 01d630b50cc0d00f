/// child_test.cc: what a child finds when it begins.
#include "service/child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <string>

#include "core/descriptor.h"

using namespace maildrop;
using namespace maildrop::service;

namespace {

struct Pipe {
  FileDescriptor out, in;
  Pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    out = FileDescriptor(ends[0]);
    in = FileDescriptor(ends[1]);
  }
  std::string text() {
    in = FileDescriptor();
    std::string all;
    char part[512];
    for (ssize_t n; (n = read(out.get(), part, sizeof part)) > 0;) all.append(part, static_cast<std::size_t>(n));
    return all;
  }
};

/// Runs a shell with `script`, whose output is what descriptor 3 takes.
std::string run(const std::string& script, ChildPlan plan = {}) {
  Pipe pipe;
  plan.file = "sh";
  plan.arguments = {"sh", "-c", script};
  plan.descriptors.insert(plan.descriptors.begin(), {pipe.in.get(), "out"});
  const auto pid = start_child(plan);
  REQUIRE(pid);
  const std::string text = pipe.text();
  int status = 0;
  waitpid(*pid, &status, 0);
  return text + "status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

TEST_CASE("a child has the environment it was given, and its own pid where it is wanted") {
  ChildPlan plan;
  plan.environment = {"A=1", "WATCHDOG_USEC=5"};
  CHECK(run("{ test $LISTEN_PID = $$ && test $WATCHDOG_PID = $$; echo $?; echo $A $LISTEN_FDS $LISTEN_FDNAMES $HOME; } "
            ">&3",
            plan) == "0\n1 1 out\nstatus 0");
}

TEST_CASE("descriptors are handed over in order, and nothing else is") {
  Pipe other;
  const FileDescriptor leak(fcntl(STDERR_FILENO, F_DUPFD, 20));  // not close-on-exec
  ChildPlan plan;
  plan.environment = {"PATH=/usr/bin:/bin"};
  plan.descriptors = {{other.in.get(), "other"}, {leak.get(), "null"}};
  const std::string above = std::to_string(leak.get());
  REQUIRE(leak.get() >= 20);
  CHECK(run("echo to other >&4; for n in 5 6 7 8 9 " + above + "; do test -e /proc/$$/fd/$n && echo $n; done >&3; :",
            plan) == "5\nstatus 0");
  CHECK(other.text() == "to other\n");
}

TEST_CASE("a child leads a group of its own, and no signal is ignored or blocked") {
  std::signal(SIGUSR1, SIG_IGN);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  ChildPlan plan;
  plan.environment = {"PATH=/usr/bin:/bin"};
  const std::string found =
      run("{ cut -d ' ' -f 5 /proc/$$/stat | grep -qx $$; echo $?; grep -E 'Sig(Blk|Ign)' /proc/$$/status | cut -f 2; "
          "} >&3",
          plan);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  std::signal(SIGUSR1, SIG_DFL);
  CHECK(found == "0\n0000000000000000\n0000000000000000\nstatus 0");
}

TEST_CASE("what cannot be run is told, and leaves no zombie") {
  ChildPlan plan;
  plan.file = "/nowhere/x";
  plan.arguments = {"x"};
  const auto none = start_child(plan);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::not_found);
  CHECK(none.error().what == "cannot run '/nowhere/x': No such file or directory");
  plan.file = "no-such-command";
  CHECK_FALSE(start_child(plan));
  CHECK((waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD));
}

TEST_CASE("children do not hear what their supervisor is told by its own") {
  for (const char* name :
       {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    setenv(name, "1", 1);
  const auto environment = environment_for_children();
  for (const char* name :
       {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    unsetenv(name);
  const auto told = [](const std::string& each) {
    return each.starts_with("NOTIFY_") || each.starts_with("WATCHDOG_") || each.starts_with("LISTEN_");
  };
  CHECK(std::none_of(environment.begin(), environment.end(), told));
  CHECK(
      std::any_of(environment.begin(), environment.end(), [](const std::string& e) { return e.starts_with("PATH="); }));
}
