/// redis_home.h: a store in a Redis server of its own, for what must not be shared.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "store/redis_kit.h"

namespace maildrop::store::test {

struct Home {
  RedisServer server;
  FakeClock clock;
  OpenOptions options;

  explicit Home(std::vector<std::string> arguments = {}) : server(std::move(arguments)) {
    operator_ =
        std::make_unique<redis::Link>(std::move(*redis::Link::open(server.place(), {}, redis::Steady::now() + 5s)));
    options.url = server.url();
    options.role = Role::writer;
    options.clock = &clock;
    options.settings.max_size = 64u << 20;
    options.redis.timeout = 300ms;
  }
  std::unique_ptr<Store> open(Role role = Role::writer) const {
    OpenOptions o = options;
    o.role = role;
    auto store = open_store(o);
    REQUIRE(store);
    return std::move(*store);
  }
  /// By a link that was there before the trouble.
  redis::Reply tell(std::initializer_list<std::string_view> words) {
    std::vector<redis::Reply> replies;
    operator_->add(words);
    REQUIRE(operator_->exchange(redis::Steady::now() + 5s, replies));
    return replies.front();
  }
  Delivery mail(const char* name = "bob", std::size_t size = 100) const { return delivery(clock.now(), {name}, size); }

 private:
  std::unique_ptr<redis::Link> operator_;
};

}  // namespace maildrop::store::test
