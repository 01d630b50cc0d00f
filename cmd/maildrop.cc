/// maildrop.cc: the command.
#include <cstdio>

int main() {
  std::puts("maildrop");
  return 0;
}
