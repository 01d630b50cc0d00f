/// fuzz_sources.cc: any bytes at all as what lies at a path, packed or not, and as a manifest: it comes to an end,
/// within its limits, and a table is the same however it is cut.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "replay/manifest.h"
#include "replay/sources.h"

using namespace maildrop;

namespace {

constexpr std::size_t kMaxSize = 1000;
constexpr int kMostPieces = 2000;  // of what is unpacked: a few bytes may hold more than a test waits for

void require(bool holds) {
  if (!holds) std::abort();
}

class Given final : public replay::Bytes {
 public:
  explicit Given(std::string_view bytes) : bytes_(bytes) {}
  Result<std::size_t> read(char* to, std::size_t size) override {
    const std::size_t n = bytes_.copy(to, std::min<std::size_t>(size, 700));
    bytes_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view bytes_;
};

void read_all(std::string_view bytes) {
  replay::SourceOptions options;
  options.max_size = kMaxSize;
  options.give_up = [asked = 0]() mutable { return ++asked > kMostPieces; };
  auto place = replay::file_of("x", std::make_unique<Given>(bytes));
  require(place.has_value());
  const auto source = replay::open_place(std::move(*place), options);
  if (!source) return require(!source.error().what.empty());
  while (const auto sample = (*source)->next()) {
    if (!*sample) {
      require(!sample->error().what.empty());
      continue;
    }
    require((*sample)->name.starts_with("x") && (*sample)->name.size() < 10'000);
    require(!(*sample)->data.empty() && (*sample)->data.size() <= kMaxSize);
  }
  require(!(*source)->next());
}

std::string table_of(std::string_view bytes, std::size_t piece) {
  const auto manifest = replay::Manifest::read("x", [&, at = std::size_t{0}](std::string& out) mutable -> Result<bool> {
    const std::string_view next = bytes.substr(at, piece);
    at += next.size();
    out += next;
    return !next.empty();
  });
  if (!manifest) return "! " + manifest.error().what;
  std::string out;
  for (const std::string& name : manifest->unused_names(100)) out += name + "\n";
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_all(bytes);
  const std::string whole = table_of(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {1, 7}) require(table_of(bytes, piece) == whole);
  return 0;
}
