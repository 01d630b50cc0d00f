/// maildrop.cc: the command. The table of subcommands is in commands.cc.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <system_error>

#include "command.h"

namespace maildrop::cmd {
namespace {

/// Descriptors 0 to 2 are somebody's input and output, or nobody's: a store's file that got one of them would be
/// written by the next message to standard error.
bool occupy_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);  // the lowest that is free
  return fd >= 0 && ::close(fd) == 0;
}

int run(int argc, char** argv) {
  Tree tree;
  build(tree);
  if (const auto status = parse(tree, {argv + 1, argv + argc})) return *status;
  return tree.chosen();
}

}  // namespace
}  // namespace maildrop::cmd

int main(int argc, char** argv) {
  using namespace maildrop;
  if (!cmd::occupy_standard_descriptors()) return cmd::exit_os;
  try {
    int status = cmd::run(argc, argv);
    if (std::fflush(stdout) != 0 && status == cmd::exit_ok) status = cmd::exit_io;  // a full disk behind `> file`
    return status;
  } catch (const std::system_error& problem) {
    const bool of_threads = problem.code() == std::errc::resource_unavailable_try_again;
    if (!of_threads) return cmd::report({Code::internal, std::string("unexpected: ") + problem.what()});
    cmd::report({Code::unavailable, std::string("no thread can be started: ") + problem.what() +
                                        " (ulimit -u, a unit's TasksMax, a container's limit of pids)"});
    return cmd::exit_os;
  } catch (const std::exception& problem) {
    return cmd::report({Code::internal, std::string("unexpected: ") + problem.what()});
  }
}
