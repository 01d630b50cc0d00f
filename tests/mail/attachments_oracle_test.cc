/// attachments_oracle_test.cc: other readers than ours find no attachments in what is left: messages whose headers,
/// boundaries and line ends can be read in more than one way, as GMime's parser reads them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "gmime_parts.h"
#include "mail/attachments.h"

using namespace maildrop::mail;

namespace {

/// Well-formed messages with an attachment, to which something is done that readers make different things of.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::string message() { return field("Subject: s") + odd_fields() + part(0); }

 private:
  std::size_t upto(std::size_t most) { return random_() % (most + 1); }

  template <std::size_t N>
  std::string one_of(const char* const (&choices)[N]) {
    return choices[upto(N - 1)];
  }

  std::string line_end() { return upto(30) > 0 ? "\r\n" : one_of({"\n", "\r", "\r\r\n", " \r\n", "\n\r"}); }
  std::string field(const std::string& text) { return text + line_end(); }

  std::string odd_fields() {
    if (upto(5) > 0) return "";
    return field(one_of({"Foo Bar: x",
                         "X-\xE9: x",
                         "garbage",
                         "From nobody",
                         ":",
                         " folded",
                         "\t",
                         "X: y\rContent-Type: e/x",
                         "--b",
                         "--b0",
                         "--b1",
                         "Content-Type: text/plain",
                         "Content-Type: multipart/mixed; boundary=b",
                         "Content-Type: e/x",
                         "Content-Type : e/x",
                         "Content-Transfer-Encoding: base64",
                         "Content-Transfer-Encoding: 7bit",
                         "content-type:e/x",
                         "Content-Type\t: message/rfc822",
                         "X: \r\r",
                         "Content-Disposition: attachment; filename=x"}));
  }

  std::string type(const std::string& boundary) {
    const std::string kind = "Content-Type: multipart/" + one_of({"mixed", "mixed", "digest", "alternative"});
    switch (upto(14)) {
      case 0: return kind + "; boundary=\"" + boundary + "\"; boundary*=us-ascii''fake";
      case 1: return kind + "; boundary=" + boundary + "; boundary*0=fake";
      case 2: return kind + "; boundary=" + boundary + "(c)";
      case 3: return kind + "; boundary=\"" + boundary + "\\c\"";
      case 4: return kind + "; boundary=fake; boundary=" + boundary;
      case 5: return kind + " boundary=" + boundary;
      case 6: return kind + "; x=\"; boundary=" + boundary;
      case 7: return kind + "; boundary=" + boundary + "=x";
      case 8: return kind + "; boundary= " + boundary + " x";
      case 9: return kind + "; (boundary=fake) boundary=\"" + boundary + "\"";
      default: return kind + "; boundary=\"" + boundary + "\"";
    }
  }

  std::string part(std::size_t depth) {
    const std::size_t what = depth == 0 ? 4 : upto(depth < 4 ? 6 : 3);
    if (what == 5)
      return odd_fields() + field("Content-Type: message/rfc822") + odd_fields() + line_end() + field("Subject: s") +
             part(depth + 1);
    if (what < 4 || what == 6) {
      return odd_fields() +
             one_of({"", "Content-Type: text/plain\r\n", "Content-Type: e/x; name=x\r\n", "Content-Type: text/html\r\n",
                     "Content-Type: \"e/x\"\r\n", "Content-Type: (c) e/x\r\n", "Content-Type: e\xE9/x\r\n",
                     "Content-Type: e /x\r\n"}) +
             odd_fields() + line_end() + one_of({"text", "text\r--b0", "text\r\n--b1", "--b0x", ""});
    }
    const std::string boundary = one_of({"b", "bb", "b"}) + std::to_string(upto(4) > 0 ? depth : 0);
    std::string out = odd_fields() + field(type(boundary)) + odd_fields();
    if (upto(15) == 0) out += field("Content-Transfer-Encoding: base64");
    out += line_end();
    for (std::size_t parts = 1 + upto(2); parts > 0; --parts)
      out += "--" + boundary + one_of({"", "", "", "", "", "", "X", " ", "--", "-- x"}) + line_end() + part(depth + 1) +
             line_end();
    return out + (upto(4) > 0 ? "--" + boundary + "--\r\n" : "");
  }

  std::mt19937 random_;
};

bool is_shown_as_text(const std::string& type) {
  // Containers without children are shown as text, or not at all.
  return type.starts_with("text/") || type.starts_with("multipart/") || type.starts_with("message/");
}

}  // namespace

TEST_CASE("attachments: another reader finds none in what is left") {
  std::size_t before = 0;
  std::size_t kept = 0;
  for (unsigned seed = 0; seed < 10'000; ++seed) {
    const std::string text = Maker(seed).message();
    const std::vector<std::string> leaves = test::gmime_leaves(text);
    if (!std::all_of(leaves.begin(), leaves.end(), is_shown_as_text)) ++before;
    const Removal removal = plan_removal(text);
    if (removal.attachments.empty()) ++kept;
    const std::string left = remove_attachments(text, removal);
    const std::vector<std::string> others = test::gmime_leaves("Received: x\r\n" + left);
    if (std::all_of(others.begin(), others.end(), is_shown_as_text)) continue;
    INFO("seed " << seed << ":\n" << text << "\n=====\n" << left);
    FAIL(*std::find_if_not(others.begin(), others.end(), is_shown_as_text));
  }
  CHECK(before > 1'000);
  CHECK(kept > 170);
}
