/// given.cc: each in its turn.
#include "replay/given.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "replay/labels.h"

namespace maildrop::replay {
namespace {

bool leads_to_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string_view from(std::string_view name, std::size_t at) { return name.substr(std::min(at, name.size())); }

class GivenSource final : public Source {
 public:
  GivenSource(std::vector<Given> given, const SourceOptions& options, const Sayings& sayings)
      : given_(std::move(given)), options_(options), sayings_(sayings) {}

  std::optional<Result<Sample>> next() override {
    for (;;) {
      if (source_) {
        if (auto sample = source_->next()) {
          if (*sample) tell(**sample);
          return sample;
        }
        source_.reset();
      }
      if (at_ == given_.size()) return std::nullopt;
      const std::string& path = given_[at_++].path;
      auto opened = open_source(path, options_);
      if (!opened) return tl::unexpected(opened.error());
      source_ = std::move(*opened);
      leading_ = leading_of(path, leads_to_folder(path));
    }
  }

 private:
  void tell(Sample& sample) const {
    const std::string_view name = sample.name;
    sample.label = given_[at_ - 1].label;
    if (sample.label == Label::none && sayings_.by_folder)
      sample.label = label_of_folders(from(name, leading_.to_label));
    if (sayings_.manifest == nullptr || sayings_.manifest->apply(name, sample)) return;
    sayings_.manifest->apply(from(name, leading_.to_name), sample);
  }

  const std::vector<Given> given_;
  const SourceOptions options_;
  const Sayings sayings_;
  std::size_t at_ = 0;  // the next one
  std::unique_ptr<Source> source_;
  Leading leading_;  // to the one at hand
};

}  // namespace

std::unique_ptr<Source> open_all(std::vector<Given> given, const SourceOptions& options, const Sayings& sayings) {
  return std::make_unique<GivenSource>(std::move(given), options, sayings);
}

Leading leading_of(std::string_view path, bool is_folder) {
  if (path.starts_with(kStorePrefix)) return {kStorePrefix.size(), kStorePrefix.size()};
  const auto above = [&path](std::size_t end) {  // where the part begins that ends there
    const std::size_t slash = end == 0 ? path.npos : path.rfind('/', end - 1);
    return slash == path.npos ? 0 : slash + 1;
  };
  std::size_t end = path.size();
  while (end > 0 && path[end - 1] == '/') --end;
  const std::size_t last = above(end);
  if (is_folder) return {last, path.ends_with('/') ? path.size() : path.size() + 1};
  return {last == 0 ? 0 : above(last - 1), last};
}

}  // namespace maildrop::replay
