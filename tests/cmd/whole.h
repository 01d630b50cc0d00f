/// whole.h: the texts of the whole command tree, as help, manual pages and completions are made from.
#pragma once

#include "command.h"
#include "help.h"

namespace maildrop::test {

inline cmd::CommandText whole_tree() {
  cmd::Tree tree;
  cmd::build(tree);
  return cmd::describe(tree.app);
}

}  // namespace maildrop::test
