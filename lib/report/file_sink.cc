/// file_sink.cc: decisions go where a RotatedFile has them.
#include "report/file_sink.h"

#include <utility>

namespace maildrop::report {

namespace {

class FileSink final : public Sink {
 public:
  explicit FileSink(RotatedFile::Plan plan) : file_(std::move(plan)) { file_.prune(); }

  std::string_view name() const override { return "file"; }

  Result<std::size_t> write(std::span<const std::string> lines) override {
    std::string text;
    for (const std::string& line : lines) text += line;
    TRY(file_.append(text));
    return 0;
  }

 private:
  RotatedFile file_;
};

}  // namespace

std::unique_ptr<Sink> make_file_sink(RotatedFile::Plan plan) { return std::make_unique<FileSink>(std::move(plan)); }

}  // namespace maildrop::report
