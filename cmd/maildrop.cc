/// maildrop.cc: the command. The table of subcommands is in commands.cc.
#include <cstdio>
#include <exception>

#include "command.h"

namespace maildrop::cmd {
namespace {

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
  try {
    int status = cmd::run(argc, argv);
    if (std::fflush(stdout) != 0 && status == cmd::exit_ok) status = cmd::exit_io;  // a full disk behind `> file`
    return status;
  } catch (const std::exception& problem) {
    return cmd::report({Code::internal, std::string("unexpected: ") + problem.what()});
  }
}
