/// fuzz_toml.cc: any bytes at all as a configuration file: each problem is a line that says where it is, and what was
/// read and is written by `config show` reads the same again.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/config.h"
#include "core/descriptor.h"
#include "core/settings.h"
#include "core/text.h"

using namespace maildrop;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// A file that has a name and is on no disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : file_(memfd_create("maildrop.toml", MFD_CLOEXEC)) {
    require(file_ && write(file_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::string name() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

 private:
  FileDescriptor file_;
};

/// Takes `12:` off the front.
bool take_number(std::string_view& text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || text[digits] != ':') return false;
  text.remove_prefix(digits + 1);
  return true;
}

/// `file:line:col: problem`, or `default: key: problem` for what contradicts a value that nobody wrote.
void check_problem(std::string_view line, std::string_view file) {
  require(is_valid_utf8(line));
  for (const char c : line) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  if (line.starts_with("default: ")) return;
  require(line.starts_with(file));
  line.remove_prefix(file.size());
  require(line.starts_with(":"));
  line.remove_prefix(1);
  require(take_number(line) && take_number(line) && line.size() > 1 && line.front() == ' ');
}

std::string shown(const Config& config) {
  std::string out;
  std::string_view section;
  for (const Setting& setting : settings()) {
    const std::string_view its = setting.key.substr(0, setting.key.rfind('.'));
    if (its != section) out += "[" + std::string(its) + "]\n";
    section = its;
    out += toml_line(setting, config) + "\n";
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file({reinterpret_cast<const char*>(data), size});
  const auto loaded = load_config({file.name(), {}, {}});
  if (!loaded) {
    require(loaded.error().code == Code::invalid);
    for (const std::string_view line : split(loaded.error().what, '\n')) check_problem(line, file.name());
    return 0;
  }
  const std::string text = shown(loaded->config);
  const MemoryFile copy(text);
  const auto again = load_config({copy.name(), {}, {}});
  require(again && shown(again->config) == text);
  return 0;
}
