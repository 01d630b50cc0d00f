/// packed_body_test: two texts in one, and apart again.
#include "store/packed_body.h"

#include <catch2/catch.hpp>

#include "allocations.h"
#include "store/compression.h"
#include "store/kit.h"
#include "store/packed_parts.h"

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
      if (transcript != 1) d.verdicts.assign(data / 100, 'v');
      const Delivery before = d;
      pack_body(d, level);
      REQUIRE(d.packed);
      CHECK(d.data.empty());
      CHECK(d.transcript.empty());
      CHECK(d.verdicts.empty());
      CHECK(d.packed->data_size == data);
      CHECK(d.packed->dictionary == (level > 0 && data + transcript > 50 ? kDictionary : 0));
      const auto body = unpack_body(form_of(*d.packed), d.packed->bytes, data);
      REQUIRE(body);
      CHECK(body->data == before.data);
      CHECK(body->transcript == before.transcript);
      CHECK(body->verdicts == before.verdicts);
    }
  }
}

TEST_CASE("packed body: twice is once") {
  Delivery d = delivery(from_millis(0), {"bob"}, 500);
  const std::string data = d.data;
  pack_body(d, 9);
  pack_body(d, 0);
  CHECK(d.packed->dictionary == kDictionary);
  CHECK(unpack_body(form_of(*d.packed), d.packed->bytes, 500)->data == data);
}

TEST_CASE("packed body: of a batch, what was packed is taken as it is") {
  std::vector<Delivery> batch;
  for (int i = 0; i < 3; ++i) batch.push_back(delivery(from_millis(0), {"bob"}, 500));
  pack_body(batch[1], 0);
  const PackedBodies bodies(batch, 9);
  CHECK(bodies[0].dictionary == kDictionary);
  CHECK(&bodies[1] == &*batch[1].packed);
  CHECK(bodies[2].dictionary == kDictionary);
  CHECK(unpack_body(form_of(bodies[2]), bodies[2].bytes, 500)->data == batch[2].data);
}

TEST_CASE("packed body: without verdicts it is as an older maildrop kept it, with them it would know it for none") {
  const int level = GENERATE(0, 9);
  Delivery d = delivery(from_millis(0), {"bob"}, 500);
  d.transcript = "S: 220 mx\n";
  const std::string both = d.data + d.transcript;
  Delivery judged = d;
  judged.verdicts = "found";
  pack_body(d, level);
  CHECK(form_of(*d.packed) == (level == 0 ? 0 : kDictionary));
  CHECK(d.packed->bytes == (level == 0 ? both : compress(both, {level, true})));
  pack_body(judged, level);
  CHECK(form_of(*judged.packed) > kDictionary);  // all that it knew
}

TEST_CASE("packed body: parts that are not known are passed over, and what is none is damage") {
  std::string bytes = "data";
  put_part(1, "said", bytes);
  put_part(99, "of a newer maildrop", bytes);
  put_part(2, "found", bytes);
  PackedBody tagged;
  tagged.tagged = true;
  const std::uint64_t form = form_of(tagged);
  const auto body = unpack_body(form, bytes, 4);
  REQUIRE(body);
  CHECK(body->data == "data");
  CHECK(body->transcript == "said");
  CHECK(body->verdicts == "found");
  CHECK(!unpack_body(form, bytes + "x", 4));
  CHECK(!unpack_body(form, bytes.substr(0, bytes.size() - 1), 4));
  CHECK(!unpack_body(form, bytes, 3));
  CHECK(!unpack_body(form, bytes, bytes.size() + 1));
  for (const std::uint64_t other : {std::uint64_t{2}, std::uint64_t{15}, std::uint64_t{18}, UINT64_MAX})
    CHECK(unpack_body(other, bytes, 4).error().code == Code::corrupt);
}

TEST_CASE("packed body: a size that cannot be is damage") {
  CHECK(unpack_body(0, "abc", 4).error().code == Code::corrupt);
  CHECK(unpack_body(0, "abc", 3)->data == "abc");
  Delivery d = delivery(from_millis(0), {"bob"}, 500);
  pack_body(d, 9);
  CHECK(unpack_body(form_of(*d.packed), d.packed->bytes, 501).error().code == Code::corrupt);
}

TEST_CASE("packed body: memory that runs out at any moment costs no byte") {
  using maildrop::test::Allocations;
  const int level = GENERATE(0, 1, 9);
  const std::size_t size = GENERATE(100u, 100'000u);  // what comes behind it takes one piece of memory more, or several
  Delivery whole = delivery(from_millis(0), {"bob"}, size);
  whole.transcript.assign(3000, 't');
  whole.verdicts.assign(3000, 'v');
  for (std::size_t good = 0, failed = 1; failed != 0; ++good) {
    Delivery d = whole;
    try {
      const Allocations few(good);
      pack_body(d, level);
      failed = few.failed();
    } catch (const std::bad_alloc&) {
      CHECK_FALSE(d.packed);
      CHECK((d.data == whole.data && d.transcript == whole.transcript && d.verdicts == whole.verdicts));
      pack_body(d, level);
    }
    REQUIRE(d.packed);
    const auto body = unpack_body(form_of(*d.packed), d.packed->bytes, size);
    REQUIRE(body);
    CHECK((body->data == whole.data && body->verdicts == whole.verdicts));
  }
}
