/// run_words.h: a command as it is typed, carried out within the test.
#pragma once

#include <string>
#include <vector>

#include "capture.h"
#include "command.h"

namespace maildrop::test {

struct Ran {
  int status;
  std::string out, err;
};

/// `maildrop WORDS`
inline Ran run_words(const std::vector<std::string>& words) {
  cmd::Tree tree;
  cmd::build(tree);
  const Capture out(1), err(2);
  const auto early = cmd::parse(tree, words);
  const int status = early ? *early : tree.chosen();
  return {status, out.text(), err.text()};
}

}  // namespace maildrop::test
