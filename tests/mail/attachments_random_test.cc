/// attachments_random_test.cc: messages of all shapes, well-formed and damaged: nothing but their attachments is
/// touched.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "mail/attachments_check.h"

using namespace maildrop::mail;

namespace {

/// Messages of all shapes, and then with bytes taken out, doubled and changed.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::string message() {
    std::string out = "Subject: s\r\n" + part(0);
    for (std::size_t times = upto(3); times > 0; --times) damage(out);
    return out;
  }

 private:
  std::size_t upto(std::size_t most) { return random_() % (most + 1); }

  template <std::size_t N>
  std::string one_of(const char* const (&choices)[N]) {
    return choices[upto(N - 1)];
  }

  std::string part(std::size_t depth) {
    const std::size_t kind = upto(depth < 5 ? 5 : 3);
    if (kind == 4) return "Content-Type: message/rfc822\r\n\r\nSubject: s\r\n" + part(depth + 1);
    if (kind < 4) {
      return one_of({"", "Content-Type: text/plain\r\n", "Content-Type: text/html; name=a.html\r\n",
                     "Content-Type: a/b; name=x\r\n", "Content-Type: image/png\r\nContent-ID: <a@b>\r\n",
                     "Content-Disposition: attachment; filename=x\r\n", "Content-Type: message/partial\r\n",
                     "Content-Type: message/delivery-status\r\n"}) +
             one_of({"", "Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: quoted-printable\r\n"}) +
             one_of({"\r\n", "", "\n"}) +
             one_of({"", "text", "\r\n\r\ntext\r\n", "aGVsbG8=\r\n", "--b", "\xFF\0\r\n.\n", "a: b\r\n\r\n"});
    }
    const std::string boundary = one_of({"b", "bb", "c", "=_x"}) + (upto(3) > 0 ? std::to_string(depth) : "");
    std::string out = "Content-Type: multipart/" + one_of({"mixed", "digest", "related"}) + "; boundary=\"" + boundary +
                      "\"\r\n\r\n" + one_of({"", "pre\r\n"});
    for (std::size_t parts = upto(4); parts > 0; --parts) out += "--" + boundary + "\r\n" + part(depth + 1) + "\r\n";
    return out + (upto(4) > 0 ? "--" + boundary + "--\r\n" : "") + one_of({"", "epilogue\r\n"});
  }

  void damage(std::string& text) {
    const std::size_t at = upto(text.size() - 1);
    const std::size_t size = std::min(upto(20), text.size() - at);
    switch (upto(3)) {
      case 0: text.erase(at, size); break;
      case 1: text.insert(at, text.substr(at, size)); break;
      case 2: text[at] = static_cast<char>(random_()); break;
      default: text.resize(text.size() - std::min(size, text.size() - 1));
    }
    if (text.empty()) text = "x";
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("attachments: whatever comes, nothing but them is touched") {
  std::size_t with = 0;
  for (unsigned seed = 0; seed < 7'000; ++seed) {
    const std::string text = Maker(seed).message();
    const std::string wrong = test::wrong_with_removal(text);
    if (has_attachments(text)) ++with;
    if (wrong.empty()) continue;
    INFO("seed " << seed << ":\n" << text);
    FAIL(wrong);
  }
  CHECK(with > 1'700);
}
