/// compression_test: there and back, and bytes that are none.
#include "store/compression.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

std::string text(std::size_t size) {
  std::string made;
  for (int i = 0; made.size() < size; ++i) made += "Received: from mx" + std::to_string(i) + ".example.org\r\n";
  made.resize(size);
  return made;
}

}  // namespace

TEST_CASE("compression: each level and length comes back whole, and is shorter") {
  for (const int level : {1, 3, 9, kMostCompression}) {
    for (const std::size_t size : {40u, 300u, 5'000u, 255'000u, 3'000'000u}) {
      const std::string before = text(size);
      const auto small = compress(before, {level, size % 2 == 0});
      REQUIRE(small);
      CHECK(small->size() < before.size());
      const auto back = decompress(kDictionary, *small, size);
      REQUIRE(back);
      CHECK(*back == before);
    }
  }
}

TEST_CASE("compression: what grows is left alone") {
  std::string noise(2000, '\0');
  fill_with_noise(noise, 0);
  CHECK(!compress(noise, {9, true}));
  CHECK(!compress("", {9, true}));
  CHECK(!compress("a", {9, true}));
}

TEST_CASE("compression: the dictionary knows what mail looks like") {
  const std::string_view head =
      "Return-Path: <someone@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\nSubject: hello\r\n";
  const auto small = compress(head, {});
  REQUIRE(small);
  CHECK(small->size() < head.size() / 2);
}

TEST_CASE("compression: damage is found, and never more comes out than may") {
  const std::string before = text(5000);
  const std::string small = *compress(before, {9, true});
  CHECK(decompress(kDictionary, small, 4999).error().code == Code::corrupt);
  CHECK(decompress(0, small, 5000).error().code == Code::corrupt);
  CHECK(decompress(kDictionary + 1, small, 5000).error().code == Code::corrupt);
  for (std::size_t n = 0; n < small.size(); ++n)
    CHECK(decompress(kDictionary, small.substr(0, n), 5000).error().code == Code::corrupt);
  std::size_t undone = 0;
  for (std::size_t i = 0; i < small.size(); ++i) {
    std::string other = small;
    other[i] = static_cast<char>(other[i] ^ 0x10);
    const auto read = decompress(kDictionary, other, 5000);
    undone += read && *read != before ? 1 : 0;
  }
  CHECK(undone == 0);  // by the checksum
}

TEST_CASE("compression: many threads at once") {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 1; i <= 50; ++i) {
        const std::string before = text(100 * i);
        const auto small = compress(before, {t % 2 == 0 ? 1 : 9, true});
        const auto back = small ? decompress(kDictionary, *small, before.size()) : Result<std::string>("");
        right += back && *back == before ? 1 : 0;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 200);
}
