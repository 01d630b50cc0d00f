/// memory_models.h: models in the memory of a process.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "store/memory_share.h"
#include "store/models.h"

namespace maildrop::store::memory {

class MemoryModels final : public Models {
 public:
  MemoryModels(const std::string& url, const Clock& clock) : book_(shared_at<Book>(url)), clock_(clock) {}

  Result<std::vector<ModelInfo>> list() override {
    const std::lock_guard lock(book_->mutex);
    std::vector<ModelInfo> found;
    for (const auto& [name, model] : book_->models) found.push_back({name, model.version, model.bytes.size()});
    return found;
  }

  Result<std::optional<Model>> get(std::string_view name) override {
    TRY(check_model(name));
    const std::lock_guard lock(book_->mutex);
    const auto at = book_->models.find(name);
    if (at == book_->models.end()) return std::nullopt;
    return at->second;
  }

  Result<std::uint64_t> put(std::string_view name, std::string_view bytes, std::uint64_t version) override {
    TRY(check_model(name, bytes.size(), version));
    const std::lock_guard lock(book_->mutex);
    if (version == 0) version = next_version(book_->last, clock_.now());
    while (is_of_another(version, name)) ++version;
    book_->last = std::max(book_->last, version);
    book_->models.insert_or_assign(std::string(name), Model{version, std::string(bytes)});
    return version;
  }

  Result<bool> remove(std::string_view name) override {
    TRY(check_model(name));
    const std::lock_guard lock(book_->mutex);
    const auto at = book_->models.find(name);
    if (at == book_->models.end()) return false;
    book_->models.erase(at);
    return true;
  }

 private:
  struct Book {
    std::mutex mutex;
    std::map<std::string, Model, std::less<>> models;
    std::uint64_t last = 0;  // version
  };

  bool is_of_another(std::uint64_t version, std::string_view name) const {
    return std::any_of(book_->models.begin(), book_->models.end(),
                       [&](const auto& each) { return each.second.version == version && each.first != name; });
  }

  const std::shared_ptr<Book> book_;
  const Clock& clock_;
};

}  // namespace maildrop::store::memory
