/// flaky_store.h: a store that fails once, at a call of one's choice; and a caller that tries again, as a mail client
/// does.
#pragma once

#include "store/store.h"

namespace maildrop::store::test {

/// Fails the Nth call of any kind: before it is done, or after (the answer is lost, as with a link that breaks).
class FlakyStore : public Store {
 public:
  enum class When { before, after };
  static constexpr std::string_view kReason = "injected";

  FlakyStore(Store& inner, int fail_at, When when) : inner_(inner), left_(fail_at), when_(when) {}
  bool has_failed() const { return failed_; }

  std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries) override {
    const bool bad = strikes();
    if (bad && when_ == When::before) return lost(deliveries.size());
    auto results = inner_.put(deliveries);
    return bad ? lost(deliveries.size()) : results;
  }
  Result<std::vector<Summary>> list(const mail::Inbox& inbox, const Query& query) override {
    return once([&] { return inner_.list(inbox, query); });
  }
  Result<Message> get(const mail::Inbox& inbox, const MessageId& id) override {
    return once([&] { return inner_.get(inbox, id); });
  }
  Result<bool> remove(const mail::Inbox& inbox, const MessageId& id) override {
    return strikes() ? Result<bool>(reason()) : inner_.remove(inbox, id);  // a removal done twice answers false
  }
  Result<PurgeReport> purge(const PurgeQuery& query) override {
    return strikes() ? Result<PurgeReport>(reason()) : inner_.purge(query);
  }
  Result<std::vector<Found>> scan(ScanCursor& cursor, std::size_t messages) override {
    ScanCursor at = cursor;  // a lost answer leaves it where it stood
    auto found = once([&] { return inner_.scan(at, messages); });
    if (found) cursor = at;
    return found;
  }
  Result<std::size_t> remove_all(std::span<const Spot> spots) override {
    return strikes() ? Result<std::size_t>(reason()) : inner_.remove_all(spots);  // as remove()
  }
  Result<bool> scrub() override {
    return once([&] { return inner_.scrub(); });
  }
  Result<StoreStats> stats() override {
    return once([&] { return inner_.stats(); });
  }
  Result<void> ready() override { return strikes() ? Result<void>(reason()) : inner_.ready(); }
  void tend() override { inner_.tend(); }
  void apply(const InboxSettings& settings) override { inner_.apply(settings); }
  Models& models() override { return models_; }

 private:
  class FlakyModels final : public Models {
   public:
    explicit FlakyModels(FlakyStore& store) : store_(store) {}
    Result<std::vector<ModelInfo>> list() override {
      return store_.once([&] { return store_.inner_.models().list(); });
    }
    Result<std::optional<Model>> get(std::string_view name) override {
      return store_.once([&] { return store_.inner_.models().get(name); });
    }
    Result<std::uint64_t> put(std::string_view name, std::string_view bytes, std::uint64_t version) override {
      return store_.once([&] { return store_.inner_.models().put(name, bytes, version); });
    }
    Result<bool> remove(std::string_view name) override {
      return store_.strikes() ? Result<bool>(reason()) : store_.inner_.models().remove(name);  // as its remove()
    }

   private:
    FlakyStore& store_;
  };

  static tl::unexpected<Error> reason() { return fail(Code::unavailable, std::string(kReason)); }
  static std::vector<Result<MessageId>> lost(std::size_t n) { return std::vector<Result<MessageId>>(n, reason()); }
  bool strikes() {
    failed_ = failed_ || --left_ == 0;
    return left_ == 0 && failed_ && std::exchange(left_, -1) == 0;
  }
  template <class Call>
  auto once(Call call) -> decltype(call()) {
    if (!strikes()) return call();
    if (when_ == When::after) [[maybe_unused]]
      const auto ignored = call();
    return reason();
  }

  Store& inner_;
  int left_;
  const When when_;
  bool failed_ = false;
  FlakyModels models_{*this};
};

/// Repeats a call that failed with unavailable, once, with the same arguments.
class RetryingStore final : public Store {
 public:
  explicit RetryingStore(Store& inner) : inner_(inner) {}

  std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries) override {
    auto results = inner_.put(deliveries);
    const bool again = !results.empty() && !results[0] && results[0].error().code == Code::unavailable;
    return again ? inner_.put(deliveries) : results;
  }
  Result<std::vector<Summary>> list(const mail::Inbox& inbox, const Query& query) override {
    return twice([&] { return inner_.list(inbox, query); });
  }
  Result<Message> get(const mail::Inbox& inbox, const MessageId& id) override {
    return twice([&] { return inner_.get(inbox, id); });
  }
  Result<bool> remove(const mail::Inbox& inbox, const MessageId& id) override {
    return twice([&] { return inner_.remove(inbox, id); });
  }
  Result<PurgeReport> purge(const PurgeQuery& query) override {
    return twice([&] { return inner_.purge(query); });
  }
  Result<std::vector<Found>> scan(ScanCursor& cursor, std::size_t messages) override {
    return twice([&] { return inner_.scan(cursor, messages); });
  }
  Result<std::size_t> remove_all(std::span<const Spot> spots) override {
    return twice([&] { return inner_.remove_all(spots); });
  }
  Result<bool> scrub() override {
    return twice([&] { return inner_.scrub(); });
  }
  Result<StoreStats> stats() override {
    return twice([&] { return inner_.stats(); });
  }
  Result<void> ready() override {
    return twice([&] { return inner_.ready(); });
  }
  void tend() override { inner_.tend(); }
  void apply(const InboxSettings& settings) override { inner_.apply(settings); }
  Models& models() override { return models_; }

 private:
  class RetryingModels final : public Models {
   public:
    explicit RetryingModels(RetryingStore& store) : store_(store) {}
    Result<std::vector<ModelInfo>> list() override {
      return store_.twice([&] { return store_.inner_.models().list(); });
    }
    Result<std::optional<Model>> get(std::string_view name) override {
      return store_.twice([&] { return store_.inner_.models().get(name); });
    }
    Result<std::uint64_t> put(std::string_view name, std::string_view bytes, std::uint64_t version) override {
      return store_.twice([&] { return store_.inner_.models().put(name, bytes, version); });
    }
    Result<bool> remove(std::string_view name) override {
      return store_.twice([&] { return store_.inner_.models().remove(name); });
    }

   private:
    RetryingStore& store_;
  };

  template <class Call>
  auto twice(Call call) -> decltype(call()) {
    auto result = call();
    return !result && result.error().code == Code::unavailable ? call() : result;
  }
  Store& inner_;
  RetryingModels models_{*this};
};

}  // namespace maildrop::store::test
