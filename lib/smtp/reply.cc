/// reply.cc: how a reply is written.
#include "smtp/reply.h"

namespace maildrop::smtp {

void append(std::string& out, const Reply& reply, std::string_view id) {
  out += std::to_string(reply.code);
  out += ' ';
  if (!reply.enhanced.empty()) {
    out += reply.enhanced;
    out += ' ';
  }
  out += reply.text;
  if (reply.code >= 400) {
    out += " [";
    out += id;
    out += ']';
  }
  out += "\r\n";
}

}  // namespace maildrop::smtp
