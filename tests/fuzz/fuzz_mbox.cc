/// fuzz_mbox.cc: any bytes at all as an mbox, and as a message for one: the same comes out however it is split, within
/// its limits; what is written is read again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mail/line_ends.h"
#include "mail/mbox.h"

using namespace maildrop;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Data, or `!` for an error.
std::vector<std::string> messages_of(std::string_view mbox, std::size_t max_size, std::size_t piece,
                                     mail::MboxDivision division = mail::MboxDivision::quotes) {
  mail::MboxSplitter splitter(max_size, division);
  std::vector<std::string> out;
  const auto take = [&] {
    while (const auto next = splitter.next()) {
      require(!*next || (*next)->data.size() <= max_size);
      out.push_back(*next ? (*next)->data : "!");
    }
  };
  for (std::size_t at = 0; at < mbox.size(); at += piece) {
    splitter.feed(mbox.substr(at, piece));
    take();
    require(splitter.held() <= 2 * (max_size + piece) + 4096);
  }
  splitter.finish();
  take();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto division : {mail::MboxDivision::quotes, mail::MboxDivision::lengths}) {
    for (const std::size_t max_size : {std::size_t{50}, std::size_t{1} << 20}) {
      const auto whole = messages_of(bytes, max_size, std::max<std::size_t>(size, 1), division);
      for (const std::size_t piece : {1, 7, 100}) require(messages_of(bytes, max_size, piece, division) == whole);
    }
  }
  const std::string message = "S: x\r\n" + mail::to_crlf(bytes) + "\r\n";
  const std::string mbox = mail::mboxrd(message, {std::string(bytes.substr(0, 50)), from_millis(0)});
  const std::vector<std::string> twice = {message, message};
  require(messages_of(mbox + mbox, std::size_t{1} << 24, 100) == twice);
  return 0;
}
