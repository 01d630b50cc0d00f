/// dkim_interop_test.cc: what another implementation signs passes here.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/clock.h"
#include "filter/dkim_kit.h"
#include "filter/dkim_verify.h"

using namespace maildrop;
using namespace maildrop::filter;
using test::DkimSigner;

namespace {

constexpr int kNoDkimpy = 77;

struct Folder {
  Folder() {
    std::string text = (std::filesystem::temp_directory_path() / "maildrop-dkim-XXXXXX").string();
    REQUIRE(::mkdtemp(text.data()));
    path = text;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const char* name, const std::string& text) const { std::ofstream(path / name, std::ios::binary) << text; }
  std::filesystem::path path;
};

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("what dkimpy signs passes") {
  const DkimSigner rsa = DkimSigner::rsa(), ed25519 = DkimSigner::ed25519();
  const Folder folder;
  folder.write("rsa", rsa.pem());
  folder.write("ed25519", test::base64(ed25519.private_key()));
  folder.write("message",
               "X-Trace: from a\r\n\tby  b\r\nX-Trace:from c\r\nFrom: Joe <joe@example.com>\r\n"
               "To: bob@localhost,\r\n  eve@localhost\r\nSubject:  \xC3\xBC  there \r\nX-Other:\r\n\r\n"
               "Hello,\t you  \r\n\r\n \r\n\xFF there.\r\n \t\r\n\r\n");
  const std::string command =
      "/usr/bin/python3 " MAILDROP_SOURCE_DIR "/tests/filter/dkim_sign.py '" + folder.path.string() + "'";
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoDkimpy) {
    WARN("skipped: dkimpy (python3-dkim, python3-nacl) is not installed");
    return;
  }
  REQUIRE(WEXITSTATUS(status) == 0);
  const Time now = SystemClock().now();
  DkimKeys keys;
  for (int i = 1; i <= 16; ++i) {
    const std::string message = read(folder.path / (std::to_string(i) + ".eml"));
    INFO(message);
    const DkimMessage dkim(message, now);
    std::vector<DkimClaim> claims = dkim.claims();
    REQUIRE(claims.size() == 1);
    DkimClaim& claim = claims.front();
    const DkimSigner& signer = claim.signature.selector == "rsa" ? rsa : ed25519;
    take_key(claim, {.status = dns::Status::found, .records = {dns::Record{.text = signer.record()}}}, keys);
    dkim.verify(claims);
    CHECK(claim.reason.empty());
    CHECK(claim.result == DkimResult::pass);
  }
}
