/// packed_body_test: two texts in one, and apart again.
#include "store/packed_body.h"

#include <catch2/catch.hpp>

#include "allocations.h"
#include "store/compression.h"
#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("packed body: data and transcript come back, compressed or not") {
  const int level = GENERATE(0, 1, 9);
  for (const std::size_t data : {0u, 1u, 100u, 100'000u}) {
    for (const std::size_t transcript : {0u, 1u, 4096u}) {
      Delivery d = delivery(from_millis(0), {"bob"});
      d.data.assign(data, 'd');
      d.transcript.assign(transcript, 't');
      const Delivery before = d;
      pack_body(d, level);
      REQUIRE(d.packed);
      CHECK(d.data.empty());
      CHECK(d.transcript.empty());
      CHECK(d.packed->data_size == data);
      CHECK(d.packed->dictionary == (level > 0 && data + transcript > 50 ? kDictionary : 0));
      const auto body = unpack_body(d.packed->dictionary, d.packed->bytes, data);
      REQUIRE(body);
      CHECK(body->data == before.data);
      CHECK(body->transcript == before.transcript);
    }
  }
}

TEST_CASE("packed body: twice is once") {
  Delivery d = delivery(from_millis(0), {"bob"}, 500);
  const std::string data = d.data;
  pack_body(d, 9);
  pack_body(d, 0);
  CHECK(d.packed->dictionary == kDictionary);
  CHECK(unpack_body(kDictionary, d.packed->bytes, 500)->data == data);
}

TEST_CASE("packed body: of a batch, what was packed is taken as it is") {
  std::vector<Delivery> batch;
  for (int i = 0; i < 3; ++i) batch.push_back(delivery(from_millis(0), {"bob"}, 500));
  pack_body(batch[1], 0);
  const PackedBodies bodies(batch, 9);
  CHECK(bodies[0].dictionary == kDictionary);
  CHECK(&bodies[1] == &*batch[1].packed);
  CHECK(bodies[2].dictionary == kDictionary);
  CHECK(unpack_body(kDictionary, bodies[2].bytes, 500)->data == batch[2].data);
}

TEST_CASE("packed body: a size that cannot be is damage") {
  CHECK(unpack_body(0, "abc", 4).error().code == Code::corrupt);
  CHECK(unpack_body(0, "abc", 3)->data == "abc");
  Delivery d = delivery(from_millis(0), {"bob"}, 500);
  pack_body(d, 9);
  CHECK(unpack_body(kDictionary, d.packed->bytes, 501).error().code == Code::corrupt);
}

TEST_CASE("packed body: memory that runs out at any moment costs no byte") {
  using maildrop::test::Allocations;
  const int level = GENERATE(0, 1, 9);
  Delivery whole = delivery(from_millis(0), {"bob"}, 100'000);
  whole.transcript.assign(3000, 't');
  for (std::size_t good = 0, failed = 1; failed != 0; ++good) {
    Delivery d = whole;
    try {
      const Allocations few(good);
      pack_body(d, level);
      failed = few.failed();
    } catch (const std::bad_alloc&) {
      CHECK_FALSE(d.packed);
      CHECK((d.data == whole.data && d.transcript == whole.transcript));
      pack_body(d, level);
    }
    REQUIRE(d.packed);
    CHECK(unpack_body(d.packed->dictionary, d.packed->bytes, 100'000)->data == whole.data);
  }
}
